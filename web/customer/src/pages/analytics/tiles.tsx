import type { AnalyticsOverview } from "../../api/client";
import styles from "./analytics.module.css";
import { changeOf, MEASURES, money, type Measure } from "./measures";

/** A figure each beside the period before; the chosen one is drawn below. */
export function Tiles({ overview, chosen, choose }: { overview: AnalyticsOverview; chosen: Measure; choose: (measure: Measure) => void }) {
  return (
    <ul className={styles["tiles"]} aria-label="Figures">
      {MEASURES.map(({ measure, name }) => {
        const { value, previous } = overview.totals[measure];
        const change = changeOf(value, previous);
        return (
          <li key={measure}>
            <button type="button" className={styles["tile"]} aria-pressed={measure === chosen} onClick={() => { choose(measure); }}>
              <span className={styles["name"]}>{name}</span>
              <span className={styles["value"]}>{value.toLocaleString()}</span>
              <span className={styles["change"]} data-direction={change.direction}>
                {change.text}
              </span>
            </button>
          </li>
        );
      })}
      <li className={styles["tile"]}>
        <span className={styles["name"]}>Your plan, a month</span>
        <span className={styles["value"]}>{overview.mrr.map(money).join(" + ") || "–"}</span>
        <span className={styles["change"]} data-direction="same">
          {overview.mrr.length > 0 ? "right now" : "no subscription yet"}
        </span>
      </li>
    </ul>
  );
}
