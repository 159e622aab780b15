import { Button } from "@mantine/core";
import { IconLock, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { OwnRole } from "../../api/client";
import { Page, Panel } from "../../layout/page";
import { rolesQuery } from "../../queries/access";
import { useAllowed, useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { WhyNot } from "../../ui/why-not";
import styles from "./access.module.css";

const RoleDialog = lazy(() => import("./role-dialog"));
const DeleteRoleDialog = lazy(() => import("./delete-role-dialog"));

type Open = { kind: "new" } | { kind: "edit" | "delete"; role: OwnRole } | null;

/** Built-in roles, and the organization's own with what each may do. */
export function RolesPage() {
  const { api } = useDoors();
  const reading = useAllowed("roles:read");
  const changing = useAllowed("roles:update");
  const roles = useQuery({ ...rolesQuery(api), enabled: reading.allowed });
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => { setOpen(null); };
  const button = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => { setOpen({ kind: "new" }); }}>
      New role
    </Button>
  );
  return (
    <Page title="Roles" says="What people and service accounts may do. Built-in roles stay as they are; make your own beside them." action={changing.allowed && button}>
      {!reading.allowed && (
        <Note icon={<IconLock />} title="Not for your role">
          <p><WhyNot permission="roles:read" /></p>
        </Note>
      )}
      {reading.allowed && roles.isPending && <Loading />}
      {roles.isError && <FailureNote error={roles.error} again={() => void roles.refetch()} />}
      {roles.data && <Sections roles={roles.data} open={setOpen} />}
      <Suspense>
        {open?.kind === "new" && <RoleDialog role={null} close={close} />}
        {open?.kind === "edit" && <RoleDialog role={open.role} close={close} />}
        {open?.kind === "delete" && <DeleteRoleDialog role={open.role} others={(roles.data ?? []).filter(({ id }) => id !== open.role.id)} close={close} />}
      </Suspense>
    </Page>
  );
}

function Sections({ roles, open }: { roles: OwnRole[]; open: (what: Open) => void }) {
  const own = roles.filter(({ built_in }) => !built_in);
  return (
    <>
      <Panel title="Your own roles">
        {own.length === 0 && (
          <Note icon={<IconPlus />} title="None yet">
            <p>A role of your own fits people whom no built-in role fits: a recruiter who invites but sees no bills, for example.</p>
          </Note>
        )}
        <ul className={styles["list"]}>
          {own.map((role) => (
            <RoleRow key={role.id} role={role} open={open} />
          ))}
        </ul>
      </Panel>
      <Panel title="Built-in roles">
        <ul className={styles["list"]}>
          {roles
            .filter(({ built_in }) => built_in)
            .map((role) => (
              <RoleRow key={role.id} role={role} open={open} />
            ))}
        </ul>
      </Panel>
    </>
  );
}

function RoleRow({ role, open }: { role: OwnRole; open: (what: Open) => void }) {
  const changing = useAllowed("roles:update");
  const me = useMe();
  const mine = role.permissions.every((permission) => me.permissions.includes(permission));
  return (
    <li className={styles["row"]} data-testid="role">
      <div className={styles["main"]}>
        <p className={styles["name"]}>
          {role.name}
          {role.id === me.role && <span className={styles["tag"]}>Yours</span>}
        </p>
        {role.description !== "" && <p className={styles["says"]}>{role.description}</p>}
        <p className={styles["says"]}>{usesOf(role)}</p>
      </div>
      {!role.built_in && changing.allowed && mine && (
        <div className={styles["buttons"]}>
          <Button size="compact-md" variant="default" aria-label={`Edit ${role.name}`} onClick={() => { open({ kind: "edit", role }); }}>
            Edit
          </Button>
          <Button size="compact-md" variant="subtle" color="red" aria-label={`Delete ${role.name}`} onClick={() => { open({ kind: "delete", role }); }}>
            Delete
          </Button>
        </div>
      )}
      {!role.built_in && changing.allowed && !mine && <p className={styles["says"]}>It may do what you may not, so you cannot change it.</p>}
    </li>
  );
}

const counted = (count: number, one: string, many: string): string => `${count.toLocaleString()} ${count === 1 ? one : many}`;

function usesOf({ permissions, members, invitations, service_accounts }: OwnRole): string {
  const parts = [counted(permissions.length, "permission", "permissions"), counted(members, "member", "members")];
  if (invitations > 0) parts.push(counted(invitations, "invitation", "invitations"));
  if (service_accounts > 0) parts.push(counted(service_accounts, "service account", "service accounts"));
  return parts.join(" · ");
}
