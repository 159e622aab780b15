import { Button, Modal, NativeSelect } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Organization } from "../../api/client";
import { useMe } from "../../queries/me";
import { membersQuery } from "../../queries/members";
import { useTransferOwnership } from "../../queries/organization";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

interface DialogProps {
  organization: Organization;
  close: () => void;
}

function useOthers() {
  const { api } = useDoors();
  const { user } = useMe();
  const everybody = useInfiniteQuery(membersQuery(api)).data?.pages.flatMap((page) => page.items) ?? [];
  return everybody.filter(({ user_id }) => user_id !== user.id);
}

function useTransferForm({ organization, close }: DialogProps) {
  const transfer = useTransferOwnership();
  const own = useOwnPassword();
  const form = useForm({
    initialValues: { user_id: "", password: "" },
    validate: {
      user_id: (value) => (value === "" ? "Choose who becomes owner." : null),
      password: own.check,
    },
  });
  const send = form.onSubmit(({ user_id, password }) => {
    transfer.mutate({ user_id, password: own.sent(password) }, {
      onSuccess: (heir) => {
        close();
        toast({ title: `${heir.name} owns ${organization.name} now`, text: "You are an admin." });
      },
      onError: (error) => { showFieldErrors(form, error, ["user_id", "password"]); },
    });
  }, goToFirst(form));
  return { form, send, transfer };
}

/** Hands the organization over to a member, with the reader's password. */
export default function TransferDialog({ organization, close }: DialogProps) {
  const others = useOthers();
  const { form, send, transfer } = useTransferForm({ organization, close });
  return (
    <Modal opened onClose={close} title="Hand over ownership">
      <form className={styles["dialog"]} onSubmit={send} noValidate>
        <FormError error={transfer.error} shown={form.errors} />
        {others.length === 0 && <p>There is nobody else here yet. Invite a member first.</p>}
        <NativeSelect
          label="New owner"
          data={[{ value: "", label: "Choose a member" }, ...others.map(({ user_id, name, email }) => ({ value: user_id, label: `${name} (${email})` }))]}
          {...form.getInputProps("user_id")}
        />
        <OwnPassword {...form.getInputProps("password")} />
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={others.length === 0} loading={transfer.isPending}>
            Hand over
          </Button>
        </div>
      </form>
    </Modal>
  );
}
