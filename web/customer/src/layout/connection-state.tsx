import { UnstyledButton } from "@mantine/core";
import { IconPlugConnectedX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useLive } from "../stream/live";
import styles from "./connection-state.module.css";

const PATIENCE_MS = 3_000;

/** Says that live alerts are interrupted, and only then; a hiccup shorter than a breath is not worth a word. */
export function ConnectionState() {
  const { state, hurry } = useLive();
  const away = state.status !== "live";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => { setShown(away); }, away ? PATIENCE_MS : 0);
    return () => { clearTimeout(timer); };
  }, [away]);
  return (
    <div role="status" data-live={state.status}>
      {shown && (
        <UnstyledButton className={styles["away"] ?? ""} onClick={hurry} aria-label="Live alerts are interrupted. Reconnect now">
          <IconPlugConnectedX size={16} stroke={1.8} aria-hidden />
          <span>Reconnecting…</span>
        </UnstyledButton>
      )}
    </div>
  );
}
