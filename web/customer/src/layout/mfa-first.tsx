import { Button } from "@mantine/core";
import { useState, type ReactNode } from "react";
import { unwrap, type Me } from "../api/client";
import { CodeForm } from "../pages/code-form";
import { MfaSetup } from "../pages/settings/mfa-setup";
import { enter, useDoors, useSessionState } from "../session/doors";
import { Mark } from "../../../shared/ui/mark";
import styles from "./no-organization.module.css";
import { useLogout } from "./account";
import { OtherOrganizations } from "./other-organizations";

/** For a member of an organization that asks for a second factor, while this sign-in has not shown one. */
export function MfaFirst({ me }: { me: Me }) {
  const enabled = me.mfa_enabled;
  // Once begun it goes to its end: setting it up ends with recovery codes that must not go away under the reader.
  const [settingUp, setSettingUp] = useState(!enabled);
  if (!enabled && !settingUp) setSettingUp(true);
  return settingUp ? <SetUp me={me} /> : <StepUp me={me} />;
}

/** Two-step sign-in is on; the sign-in came without it, by single sign-on. */
function StepUp({ me }: { me: Me }) {
  const doors = useDoors();
  return (
    <First me={me} title="This organization asks for a second step" says="You signed in without your code. Enter one now; then you go on where you were." panel="Second step">
      <CodeForm
        send={(code) => unwrap(doors.api.POST("/v1/auth/mfa/step-up", { body: { code } }))}
        onDone={(tokens) => { enter(doors, tokens); }}
      />
    </First>
  );
}

function SetUp({ me }: { me: Me }) {
  const { session, queries } = useDoors();
  const state = useSessionState();
  const go = async (): Promise<void> => {
    if (state.status === "signed_in") await session.renew(state.token);
    await queries.invalidateQueries({ queryKey: ["me"] });
  };
  return (
    <First me={me} title="Your organization asks for two-step sign-in" says="Set it up once with an authenticator app on your phone; then you go on where you were." panel="Set up two-step sign-in">
      <MfaSetup done={() => void go()} />
    </First>
  );
}

function First({ me, title, says, panel, children }: { me: Me; title: string; says: string; panel: string; children: ReactNode }) {
  const logout = useLogout();
  return (
    <main className={styles["page"]}>
      <Mark size={40} />
      <h1>{title}</h1>
      <p>{says}</p>
      <section className={styles["panel"]} aria-label={panel}>
        {children}
      </section>
      <OtherOrganizations organizations={me.organizations.filter(({ require_mfa }) => !require_mfa)} />
      <Button variant="subtle" loading={logout.isPending} onClick={() => { logout.mutate(); }}>
        Sign out
      </Button>
    </main>
  );
}
