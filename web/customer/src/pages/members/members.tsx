import { Button } from "@mantine/core";
import { IconUserPlus, IconUsersPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { Page } from "../../layout/page";
import { useAllowed, useMe } from "../../queries/me";
import { WhyNot } from "../../ui/why-not";
import { InvitationList } from "./invitation-list";
import { MemberList } from "./member-list";
import styles from "./members.module.css";

const BulkDialog = lazy(() => import("./bulk-dialog"));
const InviteDialog = lazy(() => import("./invite-dialog"));

/** Who belongs to the organization, who is invited, and what the reader's role may change about it. */
export function MembersPage() {
  const { organization } = useMe();
  const { invite } = useSearch({ from: "/inside/members" });
  const navigate = useNavigate();
  const inviting = useAllowed("invitations:create");
  const reading = useAllowed("invitations:read");
  const show = (open: boolean): void => void navigate({ to: "/members", search: open ? { invite: true } : {}, replace: true });
  const [many, setMany] = useState(false);
  const button = (
    <div className={styles["buttons"]}>
      <Button variant="default" leftSection={<IconUsersPlus size={18} />} onClick={() => { setMany(true); }}>
        Invite several
      </Button>
      <Button leftSection={<IconUserPlus size={18} />} onClick={() => { show(true); }}>
        Invite somebody
      </Button>
    </div>
  );
  return (
    <Page title="Members" says={`Everybody who can work in ${organization?.name ?? "this organization"}.`} action={inviting.allowed && button}>
      {!inviting.allowed && (
        <p className={styles["limits"]}>You see the team here, but cannot invite people or change it. <WhyNot permission="invitations:create" /></p>
      )}
      <MemberList />
      {reading.allowed && <InvitationList />}
      <Suspense>{inviting.allowed && invite && <InviteDialog close={() => { show(false); }} />}</Suspense>
      <Suspense>{inviting.allowed && many && <BulkDialog close={() => { setMany(false); }} />}</Suspense>
    </Page>
  );
}
