import type { AnalyticsOverview } from "../../api/client";
import { Panel } from "../../layout/page";
import styles from "./analytics.module.css";
import { changeOf } from "./measures";

/** What happened most often. The bar says how often beside the first. */
export function TopEvents({ top }: { top: AnalyticsOverview["top_events"] }) {
  const most = top[0]?.count ?? 1;
  if (top.length === 0) return null;
  return (
    <Panel title="Most frequent">
      <ol className={styles["top"]}>
        {top.map(({ source, name, count, previous }) => (
          <li key={`${source} ${name}`}>
            <span className={styles["eventName"]}>{name}</span>
            {source === "tracked" && <span className={styles["source"]}>sent by you</span>}
            <span className={styles["eventCount"]}>{count.toLocaleString()}</span>
            <span className={styles["change"]} data-direction={changeOf(count, previous).direction}>
              {changeOf(count, previous).text}
            </span>
            <progress className={styles["bar"]} value={count} max={most} aria-hidden />
          </li>
        ))}
      </ol>
    </Panel>
  );
}
