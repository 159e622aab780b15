import { IconBuilding } from "@tabler/icons-react";
import styles from "./logo.module.css";

/** An organization's logo, or a house where it has none. Decoration: the name always stands beside it. */
export function Logo({ url, size = "sm" }: { url: string | null; size?: "sm" | "lg" }) {
  return (
    <span className={styles["logo"]} data-size={size} data-empty={url === null || undefined}>
      {url === null ? <IconBuilding size={size === "sm" ? 18 : 32} stroke={1.7} aria-hidden /> : <img src={url} alt="" decoding="async" />}
    </span>
  );
}
