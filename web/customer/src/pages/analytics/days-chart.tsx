import { Area, CartesianGrid, ComposedChart, Line, ReferenceArea, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import styles from "./analytics.module.css";
import type { Point } from "./measures";
import { dayName } from "./period";

const HEIGHT = 280;
const TICK = { fill: "var(--mantine-color-dimmed)", fontSize: 12 };

/** The period as an area, the one before as a dashed line; days that may still change are shaded. */
export default function DaysChart({ name, points }: { name: string; points: Point[] }) {
  const settling = runsOf(points);
  const total = points.reduce((sum, point) => sum + point.value, 0);
  return (
    <figure className={styles["chart"]}>
      <div role="img" aria-label={`${name}, ${String(points.length)} days, ${total.toLocaleString()} altogether. The table shows each day.`}>
        <ResponsiveContainer width="100%" height={HEIGHT}>
          <ComposedChart data={points} margin={{ top: 12, right: 12, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--hairline)" />
            <XAxis dataKey="day" tickFormatter={(day: string) => dayName(day)} tick={TICK} tickLine={false} stroke="var(--hairline)" minTickGap={28} />
            <YAxis allowDecimals={false} tick={TICK} tickLine={false} axisLine={false} width="auto" tickFormatter={(value: number) => value.toLocaleString()} />
            {settling.map(({ from, to }) => (
              <ReferenceArea key={to} x1={from} x2={to} fill="var(--signal)" fillOpacity={0.12} />
            ))}
            <Tooltip content={<DayTip />} cursor={{ stroke: "var(--mantine-color-dimmed)", strokeDasharray: "2 3" }} isAnimationActive={false} />
            <Line dataKey="before" stroke="var(--mantine-color-dimmed)" strokeDasharray="4 4" strokeWidth={1.5} dot={false} isAnimationActive={false} />
            <Area dataKey="value" type="linear" stroke="var(--accent-text)" strokeWidth={2} fill="var(--accent-text)" fillOpacity={0.14} isAnimationActive={false} />
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <figcaption className={styles["legend"]}>
        <span data-line="now">{name}</span>
        <span data-line="before">The period before</span>
        {settling.length > 0 && <span data-line="settling">Still settling</span>}
      </figcaption>
    </figure>
  );
}

/** Stretches of days that may still change, each from the day before it, so that one alone has a width. */
function runsOf(points: Point[]): { from: string; to: string }[] {
  const runs: { from: string; to: string }[] = [];
  points.forEach(({ day, settling }, index) => {
    const before = points[index - 1];
    const open = before?.settling === true ? runs.at(-1) : undefined;
    if (settling && open) open.to = day;
    else if (settling) runs.push({ from: before?.day ?? day, to: day });
  });
  return runs;
}

interface TipProps {
  active?: boolean;
  payload?: readonly { payload?: Point }[];
}

function DayTip({ active = false, payload = [] }: TipProps) {
  const point = payload[0]?.payload;
  if (!active || point === undefined) return null;
  return (
    <div className={styles["tip"]}>
      <strong>{dayName(point.day, "long")}</strong>
      <span>{point.value.toLocaleString()}</span>
      <span className={styles["faint"]}>
        {point.before.toLocaleString()} on {dayName(point.beforeDay)}
      </span>
      {point.settling && <span className={styles["settling"]}>still settling</span>}
    </div>
  );
}
