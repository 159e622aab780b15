import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import { explain } from "../../../../shared/api/problem";
import { useRemoveSso, useTestSso } from "../../queries/sso";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./sso.module.css";

/** Try whether the provider can be found; take single sign-on away. */
export function ProviderActions() {
  const [removing, setRemoving] = useState(false);
  const test = useTestSso();
  const told = ({ works, detail }: { works: boolean; detail: string }): void => {
    toast({ title: works ? "The provider answers" : "The provider does not work yet", text: detail, tone: works ? "plain" : "failure" });
  };
  const failed = (error: unknown): void => { toast({ title: "The test could not be made", text: explain(error), tone: "failure" }); };
  return (
    <div className={styles["actions"]}>
      <Button size="xs" variant="default" loading={test.isPending} onClick={() => { test.mutate(undefined, { onSuccess: told, onError: failed }); }}>
        Test
      </Button>
      <Button size="xs" variant="subtle" color="red" onClick={() => { setRemoving(true); }}>
        Turn off
      </Button>
      {removing && <RemoveDialog close={() => { setRemoving(false); }} />}
    </div>
  );
}

function RemoveDialog({ close }: { close: () => void }) {
  const remove = useRemoveSso();
  const removed = (): void => {
    close();
    toast({ title: "Single sign-on is off" });
  };
  return (
    <Modal opened onClose={close} title="Turn single sign-on off?">
      <div className={styles["dialog"]}>
        <FormError error={remove.error} />
        <p>
          Nobody can sign in at the provider any more, and nobody has to. Members stay members and stay signed in; who has no password has to choose
          one. Your domains stay verified. The client secret is deleted.
        </p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep it on
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => { remove.mutate(null, { onSuccess: removed }); }}>
            Turn off
          </Button>
        </div>
      </div>
    </Modal>
  );
}
