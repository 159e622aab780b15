import { Button, CopyButton } from "@mantine/core";
import styles from "./access.module.css";

/** A key's secret, this once. */
export function Secret({ secret, close }: { secret: string | null; close: () => void }) {
  return (
    <div className={styles["dialog"]}>
      {secret === null ? (
        <p>The key was made, but its secret cannot be shown again. Rotate it to get a new one.</p>
      ) : (
        <>
          <p>Copy the secret now and keep it safe: it is shown this once. Send it as “Authorization: Bearer”.</p>
          <div className={styles["secret"]}>
            <code data-testid="secret">{secret}</code>
            <CopyButton value={secret}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {copied ? "Copied" : "Copy"}
                </Button>
              )}
            </CopyButton>
          </div>
        </>
      )}
      <div className={styles["buttons"]}>
        <Button onClick={close}>Done</Button>
      </div>
    </div>
  );
}
