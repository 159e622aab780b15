import { Button } from "@mantine/core";
import type { Invitation } from "../../api/client";
import { explain } from "../../../../shared/api/problem";
import { useAllowed } from "../../queries/me";
import { useInvite, useResendInvitation, useRevokeInvitation } from "../../queries/members";
import { toast } from "../../ui/toast";
import styles from "./members.module.css";

const failed = (title: string) => (error: unknown) => { toast({ title, text: explain(error), tone: "failure" }); };

/** Send a pending invitation again, or revoke it; each only where the reader's role allows it. */
export function InvitationActions({ invitation }: { invitation: Invitation }) {
  const sending = useAllowed("invitations:create");
  const revoking = useAllowed("invitations:revoke");
  return (
    <div className={styles["actions"]}>
      {sending.allowed && <Resend invitation={invitation} />}
      {revoking.allowed && <Revoke invitation={invitation} />}
    </div>
  );
}

function Resend({ invitation: { id, email } }: { invitation: Invitation }) {
  const resend = useResendInvitation();
  const sent = (): void => { toast({ title: `Sent to ${email} again` }); };
  return (
    <Button
      size="compact-md"
      variant="default"
      loading={resend.isPending}
      aria-label={`Resend the invitation to ${email}`}
      onClick={() => { resend.mutate(id, { onSuccess: sent, onError: failed("The invitation was not sent again") }); }}
    >
      Resend
    </Button>
  );
}

function Revoke({ invitation: { id, email, role } }: { invitation: Invitation }) {
  const revoke = useRevokeInvitation();
  const invite = useInvite();
  const again = (): void => { invite.mutate({ email, role }, { onError: failed("The invitation was not sent") }); };
  const revoked = (): void => {
    toast({ title: `The invitation for ${email} was revoked`, action: { label: "Invite again", run: again } });
  };
  return (
    <Button
      size="compact-md"
      variant="subtle"
      color="red"
      loading={revoke.isPending}
      aria-label={`Revoke the invitation for ${email}`}
      onClick={() => { revoke.mutate(id, { onSuccess: revoked, onError: failed("The invitation was not revoked") }); }}
    >
      Revoke
    </Button>
  );
}
