import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import styles from "./visitor-form.module.css";

/** The heading, sentence and content of a page before the login. */
export function VisitorPage({ title, says, children }: { title: string; says?: ReactNode; children?: ReactNode }) {
  useDocumentTitle(`${title} · ObjectaLabs`);
  return (
    <div className={styles["page"]}>
      <h1>{title}</h1>
      {says !== undefined && <p className={styles["says"]}>{says}</p>}
      {children}
    </div>
  );
}

/** A form's fields and button, one under the other. */
export function Stack({ onSubmit, children }: { onSubmit: (event: React.SyntheticEvent<HTMLFormElement>) => void; children: ReactNode }) {
  return (
    <form className={styles["form"]} onSubmit={onSubmit} noValidate>
      {children}
    </form>
  );
}

export function Below({ children }: { children: ReactNode }) {
  return <p className={styles["below"]}>{children}</p>;
}
