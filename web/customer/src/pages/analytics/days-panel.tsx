import { SegmentedControl } from "@mantine/core";
import { IconChartHistogram } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { AnalyticsOverview } from "../../api/client";
import { Panel } from "../../layout/page";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import styles from "./analytics.module.css";
import { DaysTable } from "./days-table";
import { nameOf, pointsOf, type Measure } from "./measures";

const DaysChart = lazy(() => import("./days-chart"));
const VIEWS = [
  { value: "chart", label: "Chart" },
  { value: "table", label: "Table" },
];

/** One measure, day by day, as a chart or as a table. */
export function DaysPanel({ overview, measure, stale }: { overview: AnalyticsOverview; measure: Measure; stale: boolean }) {
  const [view, setView] = useState("chart");
  const points = pointsOf(overview, measure);
  const { value, previous } = overview.totals[measure];
  const name = nameOf(measure);
  return (
    <Panel title={`${name} by day`} aside={<SegmentedControl size="xs" data={VIEWS} value={view} onChange={setView} aria-label="Show as" />}>
      <div className={styles["days"]} data-stale={stale || undefined}>
        {value === 0 && previous === 0 ? (
          <Note icon={<IconChartHistogram />} title="Nothing here in these days">
            <p>Choose another period or another figure. What happens from now on shows up here within seconds.</p>
          </Note>
        ) : view === "chart" ? (
          <Suspense fallback={<Loading rows={4} />}>
            <DaysChart name={name} points={points} />
          </Suspense>
        ) : (
          <DaysTable name={name} points={points} />
        )}
      </div>
    </Panel>
  );
}
