import { useQuery } from "@tanstack/react-query";
import { Page, Panel } from "../../layout/page";
import { useAllowed } from "../../queries/me";
import { organizationQuery } from "../../queries/organization";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { WhyNot } from "../../ui/why-not";
import { Loading } from "../../../../shared/ui/loading";
import { DangerZone } from "./danger-zone";
import { DeletedOrganizations } from "./deleted-organizations";
import { GeneralForm } from "./general-form";
import { LogoPanel } from "./logo-panel";
import styles from "./organization.module.css";

/** What the organization is called and where it lives, and the ways out of it. */
export function OrganizationPage() {
  const { api } = useDoors();
  const organization = useQuery(organizationQuery(api));
  const changing = useAllowed("organization:update");
  return (
    <Page title="Organization" says="Its name, logo and address, its language and time zone, and who owns it.">
      {!changing.allowed && <p className={styles["limits"]}>You can look at these settings, not change them. <WhyNot permission="organization:update" /></p>}
      <Panel title="General">
        {organization.isPending && <Loading />}
        {organization.isError && !organization.data && <FailureNote error={organization.error} again={() => void organization.refetch()} />}
        {organization.data && <GeneralForm key={organization.data.version} read={organization.data} fixed={!changing.allowed} />}
      </Panel>
      {organization.data && <LogoPanel organization={organization.data} fixed={!changing.allowed} />}
      {organization.data && <DangerZone organization={organization.data} />}
      <DeletedOrganizations />
    </Page>
  );
}
