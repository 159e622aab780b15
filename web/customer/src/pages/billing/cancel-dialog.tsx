import { Button, Modal } from "@mantine/core";
import { useCancel } from "../../queries/billing";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./billing.module.css";

/** Says what ending the plan means before it is ended. */
export default function CancelDialog({ until, close }: { until: string; close: () => void }) {
  const cancel = useCancel();
  const canceled = (): void => {
    close();
    toast({ title: `The plan ends on ${until}` });
  };
  return (
    <Modal opened onClose={close} title="Cancel the plan?">
      <div className={styles["dialog"]}>
        <FormError error={cancel.error} />
        <p>
          Everything works as before until {until}. After that you are on Free: nobody is removed and nothing is deleted, but its limits apply. You
          can change your mind until then.
        </p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep the plan
          </Button>
          <Button color="red" loading={cancel.isPending} onClick={() => { cancel.mutate(undefined, { onSuccess: canceled }); }}>
            End it on {until}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
