import { NativeSelect } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import type { Member, OwnRole } from "../../api/client";
import { explain } from "../../../../shared/api/problem";
import { spokenRole, useAllowed } from "../../queries/me";
import { useChangeRole } from "../../queries/members";
import { toast } from "../../ui/toast";
import styles from "./members.module.css";
import { useGrantable } from "./roles";

/** A member's role: a choice where the reader may change it, plain words where not. `fixed`: one's own, or an owner's. */
export function RoleOf({ member, fixed }: { member: Member; fixed: boolean }) {
  const { allowed } = useAllowed("members:update_role");
  if (allowed && !fixed) return <RoleChoice member={member} />;
  const why = allowed ? "Your own role and an owner's are changed by another owner." : undefined;
  return (
    <span className={styles["fixedRole"]} title={why}>
      {member.role_name}
    </span>
  );
}

function RoleChoice({ member }: { member: Member }) {
  const roles = useGrantable();
  const change = useChangeRole();
  const failed = (error: unknown): void => {
    toast({ title: `${member.name}'s role was not changed`, text: explain(error), tone: "failure" });
  };
  const give = (role: string): void => {
    const told = (changed: Member): void => {
      const undo = (): void => { change.mutate({ member: changed, role: member.role }, { onError: failed }); };
      toast({ title: `${member.name} is now ${spokenRole(changed.role, changed.role_name)}`, action: { label: "Undo", run: undo } });
    };
    change.mutate({ member, role }, { onSuccess: told, onError: failed });
  };
  return (
    <NativeSelect
      aria-label={`Role of ${member.name}`}
      data={choices(roles, member)}
      value={change.isPending ? change.variables.role : member.role}
      disabled={change.isPending}
      rightSection={<IconChevronDown size={16} stroke={1.7} />}
      onChange={(event) => { give(event.currentTarget.value); }}
    />
  );
}

/** The present role stands among them also where the reader could not give it. */
function choices(roles: OwnRole[], member: Member) {
  const known = roles.map(({ id, name }) => ({ value: id, label: name }));
  return known.some(({ value }) => value === member.role) ? known : [{ value: member.role, label: member.role_name }, ...known];
}
