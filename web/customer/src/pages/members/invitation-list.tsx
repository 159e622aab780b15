import { Button } from "@mantine/core";
import { IconMail, IconMailOff } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Invitation } from "../../api/client";
import { Panel } from "../../layout/page";
import { invitationsQuery } from "../../queries/members";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { When } from "../../../../shared/ui/when";
import { InvitationActions } from "./invitation-actions";
import styles from "./members.module.css";

export function InvitationList() {
  const { api } = useDoors();
  const invitations = useInfiniteQuery(invitationsQuery(api));
  const pending = invitations.data?.pages.flatMap((page) => page.items).filter(({ state }) => state === "pending") ?? [];
  return (
    <Panel title="Pending invitations" aside={<span className={styles["count"]}>{invitations.data ? pending.length.toLocaleString() : ""}</span>}>
      {invitations.isPending && <Loading rows={1} />}
      {invitations.isError && !invitations.data && <FailureNote error={invitations.error} again={() => void invitations.refetch()} />}
      {invitations.data && pending.length === 0 && (
        <Note icon={<IconMailOff />} title="Nobody is waiting">
          <p>Invitations that were sent and not accepted yet appear here.</p>
        </Note>
      )}
      <ul className={styles["list"]}>
        {pending.map((invitation) => (
          <InvitationRow key={invitation.id} invitation={invitation} />
        ))}
      </ul>
      {invitations.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={invitations.isFetchingNextPage} onClick={() => void invitations.fetchNextPage()}>
          Show more invitations
        </Button>
      )}
    </Panel>
  );
}

function InvitationRow({ invitation }: { invitation: Invitation }) {
  return (
    <li className={`${styles["row"] ?? ""} ${styles["invitation"] ?? ""}`} data-testid="invitation">
      <div className={styles["who"]}>
        <span className={styles["mailIcon"]} aria-hidden>
          <IconMail size={18} stroke={1.7} />
        </span>
        <p className={styles["name"]}>{invitation.email}</p>
      </div>
      <span className={styles["role"]}>{invitation.role_name}</span>
      <span className={styles["since"]}>
        Ends <When at={invitation.expires_at} />
      </span>
      <InvitationActions invitation={invitation} />
    </li>
  );
}
