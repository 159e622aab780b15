import { Button, CopyButton } from "@mantine/core";
import { useEffect, useRef } from "react";
import styles from "./settings.module.css";

/** New recovery codes, this once. Takes the focus: whoever overlooks them has none. */
export function RecoveryCodes({ codes, done }: { codes: string[]; done: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.focus(); }, []);
  return (
    <div className={styles["form"]} ref={box} tabIndex={-1} role="group" aria-label="Recovery codes">
      <p>
        Keep these recovery codes where you find them without your phone. Each works once in place of a code, and <strong>they are not shown again</strong>.
      </p>
      <ul className={styles["codes"]}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={styles["buttons"]}>
        <CopyButton value={codes.join("\n")}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button onClick={done}>I have kept them</Button>
      </div>
    </div>
  );
}
