import { Button, Modal } from "@mantine/core";
import type { ServiceAccount } from "../../api/client";
import { useDeleteAccount } from "../../queries/access";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./access.module.css";

/** Asks before a service account goes, and its keys with it. */
export default function DeleteAccountDialog({ account, close }: { account: ServiceAccount; close: () => void }) {
  const remove = useDeleteAccount();
  const removed = (): void => { close(); toast({ title: `${account.name} was deleted` }); };
  return (
    <Modal opened onClose={close} title={`Delete ${account.name}?`}>
      <div className={styles["dialog"]}>
        <FormError error={remove.error} />
        <p>Its keys are refused within a second and never work again. To pause it, stop it instead.</p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => { remove.mutate(account, { onSuccess: removed }); }}>
            Delete service account
          </Button>
        </div>
      </div>
    </Modal>
  );
}
