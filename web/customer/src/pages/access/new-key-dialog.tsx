import { Button, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Permission } from "../../api/client";
import { useCreateKey } from "../../queries/access";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import styles from "./access.module.css";
import { PermissionMatrix } from "./matrix";
import { Secret } from "./secret";

const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "One year" },
  { value: "", label: "No end" },
];

/** Makes a key for the reader, or for a service account, and shows its secret this once. */
export default function NewKeyDialog({ account, close }: { account?: { id: string; name: string }; close: () => void }) {
  const create = useCreateKey();
  return (
    <Modal opened onClose={close} size="lg" closeOnClickOutside={!create.isSuccess} title={account ? `New key for ${account.name}` : "New API key"}>
      {create.data ? <Secret secret={create.data.secret} close={close} /> : <KeyForm account={account} create={create} close={close} />}
    </Modal>
  );
}

interface Given {
  account: { id: string; name: string } | undefined;
  create: ReturnType<typeof useCreateKey>;
  close: () => void;
}

function KeyForm({ account, create, close }: Given) {
  const form = useForm<{ name: string; days: string; permissions: Permission[] }>({
    initialValues: { name: "", days: "90", permissions: [] },
    validate: {
      name: (name) => (name.trim() === "" ? "Give the key a name, by the program that uses it." : null),
      permissions: (chosen) => (account === undefined && chosen.length === 0 ? "Choose what the key may do." : null),
    },
  });
  const make = form.onSubmit(({ name, days, permissions }) => {
    const of = account === undefined ? { permissions, service_account_id: null } : { permissions: null, service_account_id: account.id };
    create.mutate({ name: name.trim(), days: days === "" ? null : Number(days), ...of }, { onError: (error) => { showFieldErrors(form, error, ["name", "permissions"]); } });
  }, goToFirst(form));
  return (
    <form className={styles["dialog"]} onSubmit={make} noValidate>
      <FormError error={create.error} shown={form.errors} />
      <TextInput label="Name" maxLength={100} autoComplete="off" data-autofocus {...form.getInputProps("name")} />
      <NativeSelect label="It works for" data={LIVES} {...form.getInputProps("days")} />
      {account === undefined ? (
        <PermissionMatrix
          label="It may"
          value={form.values.permissions}
          error={typeof form.errors["permissions"] === "string" ? form.errors["permissions"] : undefined}
          onChange={(value) => { form.setFieldValue("permissions", value); }}
        />
      ) : (
        <p>It may do all that {account.name} may.</p>
      )}
      <Buttons busy={create.isPending} close={close} />
    </form>
  );
}

function Buttons({ busy, close }: { busy: boolean; close: () => void }) {
  return (
    <div className={styles["buttons"]}>
      <Button variant="default" onClick={close}>
        Cancel
      </Button>
      <Button type="submit" loading={busy}>
        Make key
      </Button>
    </div>
  );
}
