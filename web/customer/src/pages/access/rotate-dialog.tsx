import { Button, Modal, NativeSelect } from "@mantine/core";
import { useState } from "react";
import type { ApiKey } from "../../api/client";
import { useRotateKey } from "../../queries/access";
import { FormError } from "../../ui/form-error";
import styles from "./access.module.css";
import { Secret } from "./secret";

const OVERLAPS = [
  { value: "0", label: "Stops at once" },
  { value: "3600", label: "Works for one more hour" },
  { value: "86400", label: "Works for one more day" },
  { value: "604800", label: "Works for one more week" },
];

/** A new secret for a key; the old one goes on as long as the reader says. */
export default function RotateDialog({ apiKey, close }: { apiKey: ApiKey; close: () => void }) {
  const rotate = useRotateKey();
  const [overlap, setOverlap] = useState("86400");
  return (
    <Modal opened onClose={close} closeOnClickOutside={!rotate.isSuccess} title={`Rotate ${apiKey.name}`}>
      {rotate.data ? (
        <Secret secret={rotate.data.secret} close={close} />
      ) : (
        <div className={styles["dialog"]}>
          <FormError error={rotate.error} />
          <p>You get a new secret. The key keeps its name, its permissions and its end.</p>
          <NativeSelect label="The old secret" data={OVERLAPS} value={overlap} onChange={(event) => { setOverlap(event.currentTarget.value); }} />
          <div className={styles["buttons"]}>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button loading={rotate.isPending} onClick={() => { rotate.mutate({ key: apiKey, overlap_seconds: Number(overlap) }); }}>
              Rotate key
            </Button>
          </div>
        </div>
      )}
    </Modal>
  );
}
