import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import styles from "./page.module.css";

/** A page of the console: its title, what it is for, its main action, its content. */
export function Page({ title, says, action, children }: { title: string; says?: ReactNode; action?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · ObjectaLabs`);
  return (
    <div className={styles["page"]}>
      <header className={styles["head"]}>
        <div>
          <h1>{title}</h1>
          {says !== undefined && <p className={styles["says"]}>{says}</p>}
        </div>
        {action}
      </header>
      {children}
    </div>
  );
}

/** A titled panel on a page. */
export function Panel({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles["panel"]} aria-label={title}>
      <div className={styles["panelHead"]}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
