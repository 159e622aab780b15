import { Button } from "@mantine/core";
import type { Me } from "../api/client";
import { NewOrganizationForm } from "../pages/new-organization";
import { Mark } from "../../../shared/ui/mark";
import { useLogout } from "./account";
import { MfaFirst } from "./mfa-first";
import { OtherOrganizations } from "./other-organizations";
import styles from "./no-organization.module.css";

/** For a person who belongs to no organization any more, or is not in one right now. */
export default function NoOrganization({ me }: { me: Me }) {
  const logout = useLogout();
  if (me.mfa_enrollment_required) return <MfaFirst me={me} />;
  return (
    <main className={styles["page"]}>
      <Mark size={40} />
      <h1>You are not part of this organization any more</h1>
      <p>You are signed in as {me.user.email}. If this is a mistake, ask an owner or admin there to invite you again.</p>
      <OtherOrganizations organizations={me.organizations} />
      <section className={styles["panel"]} aria-label="Start an organization">
        <h2>Start your own organization</h2>
        <NewOrganizationForm />
      </section>
      <Button variant="subtle" loading={logout.isPending} onClick={() => { logout.mutate(); }}>
        Sign out
      </Button>
    </main>
  );
}
