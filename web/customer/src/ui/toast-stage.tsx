import { Button, Notification } from "@mantine/core";
import { useEffect, useState } from "react";
import { dismiss, type ShownToast } from "./toast";
import styles from "./toast.module.css";

const COLOURS = { plain: "spruce", alert: "yellow", failure: "red" };

export default function ToastStage({ toasts }: { toasts: readonly ShownToast[] }) {
  return (
    <ol className={styles["stage"]}>
      {toasts.map((toast) => (
        <ToastCard key={toast.id} toast={toast} />
      ))}
    </ol>
  );
}

/** Goes by itself, but not while somebody points at it or is inside of it (WCAG 2.2.1). */
function ToastCard({ toast: { id, title, text, tone = "plain", action } }: { toast: ShownToast }) {
  const [held, setHeld] = useState(false);
  const lasts = action || tone === "failure" ? 12_000 : 6_000;
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(() => { dismiss(id); }, lasts);
    return () => { clearTimeout(timer); };
  }, [held, id, lasts]);
  const hold = () => { setHeld(true); };
  const release = () => { setHeld(false); };
  const act = () => {
    dismiss(id);
    action?.run();
  };
  return (
    <li onPointerEnter={hold} onPointerLeave={release} onFocus={hold} onBlur={release}>
      <Notification title={title} color={COLOURS[tone]} className={styles["toast"] ?? ""} onClose={() => { dismiss(id); }} closeButtonProps={{ "aria-label": "Dismiss" }} role="presentation" withBorder>
        {text}
        {action && (
          <Button className={styles["action"] ?? ""} size="compact-sm" variant="default" onClick={act}>
            {action.label}
          </Button>
        )}
      </Notification>
    </li>
  );
}
