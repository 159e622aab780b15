import { Skeleton } from "@mantine/core";
import styles from "./loading.module.css";

/** Grey bars in the place of what is being read. */
export function Loading({ rows = 3 }: { rows?: number }) {
  return (
    <div className={styles["bars"]} role="status">
      <span className="visually-hidden">Loading</span>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={52} />
      ))}
    </div>
  );
}
