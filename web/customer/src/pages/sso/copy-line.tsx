import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import styles from "./sso.module.css";

/** Something to be typed elsewhere, and a button that saves the typing. `what` names it for somebody who does not see it. */
export function CopyLine({ what, text }: { what: string; text: string }) {
  const { copied, copy } = useClipboard({ timeout: 2_000 });
  return (
    <div className={styles["copy"]}>
      <code>{text}</code>
      <Button
        variant="default"
        size="xs"
        aria-label={copied ? `${what} copied` : `Copy ${what}`}
        leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
        onClick={() => { copy(text); }}
      >
        {copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
