import { ActionIcon, Button } from "@mantine/core";
import { IconUserMinus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { Member } from "../../api/client";
import { Panel } from "../../layout/page";
import { useAllowed, useMe } from "../../queries/me";
import { membersQuery } from "../../queries/members";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { Initials } from "../../ui/person";
import { date } from "../../../../shared/ui/when";
import styles from "./members.module.css";
import { RoleOf } from "./role-of";

const RemoveDialog = lazy(() => import("./remove-dialog"));

export function MemberList() {
  const { api } = useDoors();
  const members = useInfiniteQuery(membersQuery(api));
  const [leaving, setLeaving] = useState<Member | null>(null);
  const people = members.data?.pages.flatMap((page) => page.items) ?? [];
  const count = members.data ? `${people.length.toLocaleString()}${members.hasNextPage ? "+" : ""}` : "";
  return (
    <Panel title="Team" aside={<span className={styles["count"]}>{count}</span>}>
      {members.isPending && <Loading />}
      {members.isError && !members.data && <FailureNote error={members.error} again={() => void members.refetch()} />}
      <ul className={styles["list"]}>
        {people.map((member) => (
          <MemberRow key={member.user_id} member={member} remove={() => { setLeaving(member); }} />
        ))}
      </ul>
      {members.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={members.isFetchingNextPage} onClick={() => void members.fetchNextPage()}>
          Show more members
        </Button>
      )}
      <Suspense>{leaving && <RemoveDialog member={leaving} close={() => { setLeaving(null); }} />}</Suspense>
    </Panel>
  );
}

function MemberRow({ member, remove }: { member: Member; remove: () => void }) {
  const me = useMe();
  const removing = useAllowed("members:remove");
  const self = member.user_id === me.user.id;
  const aboveMe = member.role === "owner" && me.role !== "owner";
  return (
    <li className={styles["row"]} data-testid="member">
      <Who member={member} self={self} />
      <div className={styles["role"]}>
        <RoleOf member={member} fixed={self || aboveMe} />
      </div>
      <span className={styles["since"]}>
        <span className="visually-hidden">Member since </span>
        {date(Date.parse(member.joined_at))}
      </span>
      <div className={styles["actions"]}>
        {removing.allowed && !self && !aboveMe && (
          <ActionIcon variant="subtle" color="red" size={36} aria-label={`Remove ${member.name}`} title={`Remove ${member.name}`} onClick={remove}>
            <IconUserMinus size={19} stroke={1.7} />
          </ActionIcon>
        )}
      </div>
    </li>
  );
}

function Who({ member, self }: { member: Member; self: boolean }) {
  return (
    <div className={styles["who"]}>
      <Initials name={member.name} />
      <div>
        <p className={styles["name"]}>
          {member.name}
          {self && <span className={styles["you"]}>You</span>}
        </p>
        <p className={styles["mail"]}>{member.email}</p>
      </div>
    </div>
  );
}
