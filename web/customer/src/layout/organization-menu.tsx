import { IconSelector } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { useMe } from "../queries/me";
import { Drop } from "../ui/drop";
import { Logo } from "../ui/logo";
import styles from "./menus.module.css";

const OrganizationList = lazy(() => import("./organization-list"));

export function OrganizationMenu() {
  const { organization } = useMe();
  const name = organization?.name ?? "";
  const button = (
    <>
      <Logo url={organization?.logo_url ?? null} />
      <span className={styles["name"]}>{name}</span>
      <IconSelector size={16} stroke={1.7} aria-hidden />
    </>
  );
  return (
    <Drop side="start" label={`Organization: ${name}. Switch or create`} title="Your organizations" button={button}>
      {(close) => (
        <Suspense>
          <OrganizationList close={close} />
        </Suspense>
      )}
    </Drop>
  );
}
