import { Button, Modal, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import type { Invitation } from "../../api/client";
import { useInvite } from "../../queries/members";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./members.module.css";
import { useGrantable } from "./roles";

/** Invites one person by e-mail with a role. */
export default function InviteDialog({ close }: { close: () => void }) {
  return (
    <Modal opened onClose={close} title="Invite somebody">
      <InviteForm close={close} />
    </Modal>
  );
}

function InviteForm({ close }: { close: () => void }) {
  const invite = useInvite();
  const form = useForm<{ email: string; role: string }>({
    initialValues: { email: "", role: "member" },
    validate: { email: (value) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : "Enter an e-mail address, like grace@example.org.") },
  });
  const sent = ({ email }: Invitation): void => {
    close();
    toast({ title: "Invitation on its way", text: `${email} gets an e-mail with a link that is good for seven days.` });
  };
  const send = form.onSubmit(({ email, role }) => {
    const refused = (error: unknown): void => { showFieldErrors(form, error, ["email", "role"]); };
    invite.mutate({ email: email.trim(), role }, { onSuccess: sent, onError: refused });
  }, goToFirst(form));
  return (
    <form className={styles["dialog"]} onSubmit={send} noValidate>
      <FormError error={invite.error} shown={form.errors} />
      <TextInput label="E-mail" type="email" autoComplete="off" data-autofocus {...form.getInputProps("email")} />
      <RoleChoice value={form.values.role} onChange={(role) => { form.setFieldValue("role", role); }} error={form.errors["role"]} />
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={invite.isPending}>
          Send invitation
        </Button>
      </div>
    </form>
  );
}

function RoleChoice({ value, onChange, error }: { value: string; onChange: (value: string) => void; error: ReactNode }) {
  const roles = useGrantable();
  return (
    <Radio.Group label="Role" value={value} onChange={(role) => { onChange(role); }} error={error}>
      {roles.map((role) => (
        <Radio key={role.id} value={role.id} label={role.name} description={role.description} mt="xs" />
      ))}
    </Radio.Group>
  );
}
