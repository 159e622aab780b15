import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import styles from "./page.module.css";

/** A page: its title, what it is for, its content. */
export function Page({ title, says, aside, children }: { title: string; says?: ReactNode; aside?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · Operations`);
  return (
    <div className={styles["page"]}>
      <header className={styles["head"]}>
        <div>
          <h1>{title}</h1>
          {says !== undefined && <p className={styles["says"]}>{says}</p>}
        </div>
        {aside}
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

/** A label and its value, in a row of facts. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles["fact"]}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={styles["facts"]}>{children}</dl>;
}

/** A short word of state, coloured by what it means. */
export function Tag({ tone = "plain", children }: { tone?: "plain" | "good" | "warn" | "bad"; children: ReactNode }) {
  return (
    <span className={styles["tag"]} data-tone={tone}>
      {children}
    </span>
  );
}

export { styles as pageStyles };
