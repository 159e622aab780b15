import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCreateAccount } from "../../queries/access";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import { useGrantable } from "../members/roles";
import styles from "./access.module.css";

/** Makes a service account; the reader answers for it. */
export default function NewAccountDialog({ close }: { close: () => void }) {
  const create = useCreateAccount();
  const roles = useGrantable();
  const form = useForm({
    initialValues: { name: "", description: "", role: "member" },
    validate: { name: (name) => (name.trim() === "" ? "Give it a name, by what the agent does." : null) },
  });
  const make = form.onSubmit((wanted) => {
    const made = (): void => { close(); toast({ title: `${wanted.name.trim()} is there`, text: "Give it a key to let it in." }); };
    create.mutate(wanted, { onSuccess: made, onError: (error) => { showFieldErrors(form, error, ["name", "description", "role"]); } });
  }, goToFirst(form));
  return (
    <Modal opened onClose={close} title="New service account">
      <form className={styles["dialog"]} onSubmit={make} noValidate>
        <FormError error={create.error} shown={form.errors} />
        <TextInput label="Name" maxLength={100} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
        <TextInput label="Description" maxLength={300} autoComplete="off" {...form.getInputProps("description")} />
        <NativeSelect
          label="Role"
          description="You answer for it: it may never do more than you."
          data={roles.map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps("role")}
        />
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Make service account
          </Button>
        </div>
      </form>
    </Modal>
  );
}
