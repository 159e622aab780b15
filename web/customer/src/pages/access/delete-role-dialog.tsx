import { Button, Modal, NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { OwnRole } from "../../api/client";
import { useDeleteRole } from "../../queries/access";
import { useMe } from "../../queries/me";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./access.module.css";

/** Asks before a role goes, and which one takes its place where somebody has it. */
export default function DeleteRoleDialog({ role, others, close }: { role: OwnRole; others: OwnRole[]; close: () => void }) {
  const me = useMe();
  const remove = useDeleteRole();
  const used = role.members + role.invitations + role.service_accounts > 0 || role.sso_default;
  const possible = others.filter((other) => !(role.sso_default && other.id === "owner") && other.permissions.every((permission) => me.permissions.includes(permission)));
  const [replacement, setReplacement] = useState("viewer");
  const removed = (): void => { close(); toast({ title: `${role.name} was deleted` }); };
  return (
    <Modal opened onClose={close} title={`Delete ${role.name}?`}>
      <div className={styles["dialog"]}>
        <FormError error={remove.error} />
        <p>{used ? "Some have this role, or get it by single sign-on. They get another one at once:" : "Nobody has this role, so nobody loses anything."}</p>
        {used && (
          <NativeSelect
            label="Role instead"
            data={possible.map(({ id, name }) => ({ value: id, label: name }))}
            value={replacement}
            onChange={(event) => { setReplacement(event.currentTarget.value); }}
          />
        )}
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => { remove.mutate({ role, replacement: used ? replacement : null }, { onSuccess: removed }); }}>
            Delete role
          </Button>
        </div>
      </div>
    </Modal>
  );
}
