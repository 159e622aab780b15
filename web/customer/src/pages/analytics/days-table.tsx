import styles from "./analytics.module.css";
import type { Point } from "./measures";
import { dayName } from "./period";

/** The chart's numbers, newest day first. */
export function DaysTable({ name, points }: { name: string; points: Point[] }) {
  return (
    <div className={styles["scroll"]} tabIndex={0} role="region" aria-label={`${name} by day, as a table`}>
      <table className={styles["table"]}>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">{name}</th>
            <th scope="col">Period before</th>
          </tr>
        </thead>
        <tbody>
          {points.toReversed().map(({ day, value, before, beforeDay, settling }) => (
            <tr key={day}>
              <th scope="row">
                {dayName(day)}
                {settling && <span className={styles["settling"]}>still settling</span>}
              </th>
              <td>{value.toLocaleString()}</td>
              <td>
                {before.toLocaleString()} <span className={styles["faint"]}>on {dayName(beforeDay)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
