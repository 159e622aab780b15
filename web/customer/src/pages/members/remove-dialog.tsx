import { Button, Modal } from "@mantine/core";
import type { Member } from "../../api/client";
import { explain } from "../../../../shared/api/problem";
import { useInvite, useRemoveMember } from "../../queries/members";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./members.module.css";

/** Asks before somebody is removed, says what follows, and offers the way back afterwards. */
export default function RemoveDialog({ member, close }: { member: Member; close: () => void }) {
  const remove = useRemoveMember();
  const invite = useInvite();
  const inviteAgain = (): void => {
    const invited = { email: member.email, role: member.role };
    invite.mutate(invited, {
      onSuccess: () => { toast({ title: `${member.name} is invited again` }); },
      onError: (error) => { toast({ title: "The invitation was not sent", text: explain(error), tone: "failure" }); },
    });
  };
  const removed = (): void => {
    close();
    toast({ title: `${member.name} was removed`, action: { label: "Invite again", run: inviteAgain } });
  };
  return (
    <Modal opened onClose={close} title={`Remove ${member.name}?`}>
      <div className={styles["dialog"]}>
        <FormError error={remove.error} />
        <p>
          {member.name} ({member.email}) loses access at once, in every open window. What they did here stays. To come back they need a new invitation.
        </p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep {member.name}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => { remove.mutate(member, { onSuccess: removed }); }}>
            Remove
          </Button>
        </div>
      </div>
    </Modal>
  );
}
