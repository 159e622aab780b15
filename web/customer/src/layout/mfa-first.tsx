import { Button } from "@mantine/core";
import { useState } from "react";
import { MfaSetup } from "../pages/settings/mfa-setup";
import { useDoors, useSessionState } from "../session/doors";
import { Mark } from "../../../shared/ui/mark";
import styles from "./no-organization.module.css";
import { useLogout } from "./account";

/** For a member of an organization that asks for two-step sign-in, before they have set it up. */
export function MfaFirst({ enabled }: { enabled: boolean }) {
  // As it was at first: setting it up ends with recovery codes that must not go away under the reader.
  const [before] = useState(enabled);
  const { session, queries } = useDoors();
  const state = useSessionState();
  const logout = useLogout();
  const enter = async (): Promise<void> => {
    if (state.status === "signed_in") await session.renew(state.token);
    await queries.invalidateQueries({ queryKey: ["me"] });
  };
  return (
    <main className={styles["page"]}>
      <Mark size={40} />
      <h1>Your organization asks for two-step sign-in</h1>
      <p>{before ? "Sign out, and in again with your password and a code." : "Set it up once with an authenticator app on your phone; then you go on where you were."}</p>
      {!before && (
        <section className={styles["panel"]} aria-label="Set up two-step sign-in">
          <MfaSetup done={() => void enter()} />
        </section>
      )}
      <Button variant="subtle" loading={logout.isPending} onClick={() => { logout.mutate(); }}>
        Sign out
      </Button>
    </main>
  );
}
