import { Outlet } from "@tanstack/react-router";
import { Mark } from "../../../shared/ui/mark";
import { Orbits } from "./orbits";
import styles from "./visitor.module.css";

/** The frame of every page that needs no login. */
export function VisitorLayout() {
  return (
    <div className={styles["page"]}>
      <main className={styles["form"]}>
        <div className={styles["brand"]}>
          <Mark />
          <span>ObjectaLabs</span>
        </div>
        <div className={styles["content"]}>
          <Outlet />
        </div>
      </main>
      <aside className={styles["side"]} aria-label="About ObjectaLabs">
        <Orbits />
        <div className={styles["words"]}>
          <p className={styles["claim"]}>Your agents do the work. Your team keeps the view.</p>
          <p className={styles["more"]}>Invite the people who need to know, give each the role that fits, and hear of what happens as it happens.</p>
        </div>
      </aside>
    </div>
  );
}
