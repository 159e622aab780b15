import styles from "./person.module.css";

const TINTS = 6;

/** A person's initials on a tint that stays theirs. Decoration: the name always stands beside it. */
export function Initials({ name, size = "md" }: { name: string; size?: "sm" | "md" | "lg" }) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => Array.from(word ?? "")[0] ?? "").join("");
  const sum = Array.from(name).reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  // Drawn by the stylesheet: as text they would be part of what a button around them is called.
  return <span className={styles["initials"]} data-letters={letters.toLocaleUpperCase()} data-tint={sum % TINTS} data-size={size} aria-hidden />;
}
