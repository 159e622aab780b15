import { useId, useState, type ReactNode } from "react";
import styles from "./drop.module.css";

interface DropProps {
  /** What the button says to somebody who does not see it. */
  label: string;
  /** What the panel is called. */
  title: string;
  side: "start" | "end";
  button: ReactNode;
  round?: boolean;
  children: (close: () => void) => ReactNode;
}

/**
 * A button of the top bar and the panel it opens. The browser's own popover brings light dismissal, Escape, the top layer and the
 * focus back to the button; the bar stays at the top, so the panel's place is fixed and needs no measuring.
 */
export function Drop({ label, title, side, button, round = false, children }: DropProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const close = (): void => document.getElementById(id)?.hidePopover();
  return (
    <>
      <button type="button" className={styles["button"]} data-round={round || undefined} popoverTarget={id} aria-label={label} aria-expanded={open}>
        {button}
      </button>
      <div
        id={id}
        popover="auto"
        role="dialog"
        aria-label={title}
        className={styles["panel"]}
        data-side={side}
        onToggle={(event) => { setOpen(event.newState === "open"); }}
      >
        {open && children(close)}
      </div>
    </>
  );
}

/** One line of a panel: a thing to do. */
export function DropItem({ icon, mark, hint, disabled = false, onClick, children }: { icon?: ReactNode; mark?: ReactNode; hint?: string; disabled?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className={styles["item"]} disabled={disabled} onClick={onClick}>
      {icon}
      <span className={styles["words"]}>
        {children}
        {hint !== undefined && <small>{hint}</small>}
      </span>
      {mark}
    </button>
  );
}

/** A heading between the lines of a panel. */
export function DropLabel({ children }: { children: ReactNode }) {
  return <p className={styles["label"]}>{children}</p>;
}
