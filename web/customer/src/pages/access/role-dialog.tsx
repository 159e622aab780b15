import { Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import type { OwnRole, RoleDryRun } from "../../api/client";
import { useDryRun, useSaveRole, type WantedRole } from "../../queries/access";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./access.module.css";
import { PermissionMatrix, PermissionNames } from "./matrix";

/** Makes a role or changes one; before a change is saved it shows whom that reaches. */
export default function RoleDialog({ role, close }: { role: OwnRole | null; close: () => void }) {
  return (
    <Modal opened onClose={close} size="lg" title={role === null ? "New role" : `Edit ${role.name}`}>
      <RoleForm role={role} close={close} />
    </Modal>
  );
}

function RoleForm({ role, close }: { role: OwnRole | null; close: () => void }) {
  const save = useSaveRole();
  const dryRun = useDryRun();
  const [effects, setEffects] = useState<RoleDryRun | null>(null);
  const form = useForm<WantedRole>({
    initialValues: { name: role?.name ?? "", description: role?.description ?? "", permissions: role?.permissions ?? [] },
    validate: { name: (name) => (name.trim() === "" ? "Give the role a name." : null) },
  });
  const refused = (error: unknown): void => { setEffects(null); showFieldErrors(form, error, ["name", "description", "permissions"]); };
  const store = (wanted: WantedRole): void => {
    const saved = (): void => { close(); toast({ title: `${wanted.name.trim()} is saved` }); };
    save.mutate({ role, wanted }, { onSuccess: saved, onError: refused });
  };
  const next = form.onSubmit((wanted) => {
    const changed = role !== null && !same(role.permissions, wanted.permissions);
    if (!changed || effects !== null) store(wanted);
    else dryRun.mutate({ role, permissions: wanted.permissions }, { onSuccess: setEffects, onError: refused });
  }, goToFirst(form));
  return (
    <form className={styles["dialog"]} onSubmit={next} noValidate>
      <FormError error={save.error ?? dryRun.error} shown={form.errors} />
      {effects === null ? (
        <>
          <TextInput label="Name" maxLength={60} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
          <TextInput label="Description" maxLength={300} autoComplete="off" {...form.getInputProps("description")} />
          <PermissionMatrix label="It may" value={form.values.permissions} onChange={(value) => { form.setFieldValue("permissions", value); }} />
        </>
      ) : (
        <Effects effects={effects} />
      )}
      <Buttons
        back={effects === null ? "Cancel" : "Back"}
        go={role === null ? "Make role" : effects === null ? "Review" : "Save role"}
        busy={save.isPending || dryRun.isPending}
        leave={effects === null ? close : () => { setEffects(null); }}
      />
    </form>
  );
}

function Buttons({ back, go, busy, leave }: { back: string; go: string; busy: boolean; leave: () => void }) {
  return (
    <div className={styles["buttons"]}>
      <Button variant="default" onClick={leave}>
        {back}
      </Button>
      <Button type="submit" loading={busy}>
        {go}
      </Button>
    </div>
  );
}

const same = (one: string[], other: string[]): boolean => one.length === other.length && one.every((value) => other.includes(value));

/** Who gains and who loses what, before it happens. */
function Effects({ effects }: { effects: RoleDryRun }) {
  const { gains, loses, members, member_count, invitation_count, api_keys, service_accounts } = effects;
  const shrinking = api_keys.filter((key) => key.loses.length > 0);
  return (
    <div className={styles["dialog"]} data-testid="dry-run">
      <p>
        {member_count === 0 ? "No member has this role now." : `This changes what ${names(members.map(({ name }) => name), member_count)} may do, at once.`}
        {invitation_count > 0 && ` ${String(invitation_count)} pending invitations carry it too.`}
        {service_accounts.length > 0 && ` So do the service accounts ${service_accounts.map(({ name }) => name).join(", ")}.`}
      </p>
      {gains.length > 0 && (
        <div>
          <p>They gain:</p>
          <PermissionNames permissions={gains} />
        </div>
      )}
      {loses.length > 0 && (
        <div>
          <p>They lose:</p>
          <PermissionNames permissions={loses} />
        </div>
      )}
      {shrinking.length > 0 && <p>These API keys can do less: {shrinking.map(({ name }) => name).join(", ")}.</p>}
    </div>
  );
}

function names(shown: string[], count: number): string {
  const first = shown.slice(0, 3);
  const rest = count - first.length;
  return rest > 0 ? `${first.join(", ")} and ${rest.toLocaleString()} more` : first.join(", ");
}
