import { Button, FileButton } from "@mantine/core";
import type { Organization } from "../../api/client";
import { Panel } from "../../layout/page";
import { useRemoveLogo, useUploadLogo } from "../../queries/organization";
import { FormError } from "../../ui/form-error";
import { Logo } from "../../ui/logo";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

const TAKES = "image/png,image/jpeg,image/webp";

/** The organization's logo, to be replaced or removed by whoever may. */
export function LogoPanel({ organization, fixed }: { organization: Organization; fixed: boolean }) {
  const upload = useUploadLogo();
  const remove = useRemoveLogo();
  const pending = upload.isPending || remove.isPending;
  const put = (file: File | null): void => {
    if (file === null) return;
    remove.reset();
    upload.mutate({ read: organization, file }, { onSuccess: () => { toast({ title: "Logo saved" }); } });
  };
  const drop = (): void => {
    upload.reset();
    remove.mutate(organization, { onSuccess: () => { toast({ title: "Logo removed" }); } });
  };
  return (
    <Panel title="Logo">
      <div className={styles["logo"]}>
        <Logo url={organization.logo_url} size="lg" />
        <div className={styles["logo-words"]}>
          <FormError error={upload.error ?? remove.error} />
          <p className={styles["says"]}>PNG, JPEG or WebP, at most a megabyte. Shown beside the organization&apos;s name. Whoever has the picture&apos;s address can see it, also without signing in.</p>
          {!fixed && (
            <div className={styles["buttons"]}>
              <FileButton accept={TAKES} onChange={put} disabled={pending} inputProps={{ "aria-label": "Logo file" }}>
                {(button) => <Button {...button} variant="default" loading={upload.isPending}>{organization.logo_url === null ? "Upload a logo…" : "Replace…"}</Button>}
              </FileButton>
              {organization.logo_url !== null && <Button variant="subtle" color="red" loading={remove.isPending} onClick={drop}>Remove</Button>}
            </div>
          )}
        </div>
      </div>
    </Panel>
  );
}
