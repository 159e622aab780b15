import { Button, Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { Organization } from "../../api/client";
import { useLeaveOrganization } from "../../queries/organization";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

/** Asks once before the reader leaves. */
export default function LeaveDialog({ organization, close }: { organization: Organization; close: () => void }) {
  const navigate = useNavigate();
  const leave = useLeaveOrganization();
  const left = (): void => {
    toast({ title: `You left ${organization.name}` });
    void navigate({ to: "/" });
  };
  return (
    <Modal opened onClose={close} title={`Leave ${organization.name}?`}>
      <div className={styles["dialog"]}>
        <FormError error={leave.error} />
        <p>You lose access at once. To come back you need a new invitation.</p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Stay
          </Button>
          <Button color="red" loading={leave.isPending} onClick={() => { leave.mutate(undefined, { onSuccess: left }); }}>
            Leave
          </Button>
        </div>
      </div>
    </Modal>
  );
}
