import type { ReactNode } from "react";
import styles from "./note.module.css";

/** An empty, failed or final state: an icon, a title, a sentence or two, and what to do next. */
export function Note({ icon, title, alert = false, children }: { icon: ReactNode; title: string; alert?: boolean; children?: ReactNode }) {
  return (
    <div className={styles["note"]} role={alert ? "alert" : undefined}>
      <span className={styles["icon"]} aria-hidden>
        {icon}
      </span>
      <p className={styles["title"]}>{title}</p>
      {children}
    </div>
  );
}
