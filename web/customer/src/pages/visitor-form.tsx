import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import styles from "./visitor-form.module.css";

/** The heading, sentence and content of a page before the login; `above`: a picture over the heading. */
export function VisitorPage({ title, says, above, children }: { title: string; says?: ReactNode; above?: ReactNode; children?: ReactNode }) {
  useDocumentTitle(`${title} · ObjectaLabs`);
  return (
    <div className={styles["page"]}>
      {above !== undefined && <div className={styles["above"]}>{above}</div>}
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
