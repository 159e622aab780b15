import { Button, Modal } from "@mantine/core";
import type { ApiKey } from "../../api/client";
import { useRevokeKey } from "../../queries/access";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./access.module.css";

/** Asks before a key ends: there is no way back. */
export default function RevokeDialog({ apiKey, close }: { apiKey: ApiKey; close: () => void }) {
  const revoke = useRevokeKey();
  const revoked = (): void => { close(); toast({ title: `${apiKey.name} was revoked` }); };
  return (
    <Modal opened onClose={close} title={`Revoke ${apiKey.name}?`}>
      <div className={styles["dialog"]}>
        <FormError error={revoke.error} />
        <p>Programs that use it are refused within a second. A revoked key never works again.</p>
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={revoke.isPending} onClick={() => { revoke.mutate(apiKey, { onSuccess: revoked }); }}>
            Revoke key
          </Button>
        </div>
      </div>
    </Modal>
  );
}
