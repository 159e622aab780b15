import type { AnalyticsOverview } from "../../api/client";

export type Measure = keyof AnalyticsOverview["totals"];

/** What the tiles show and the chart can draw, in this order. */
export const MEASURES: { measure: Measure; name: string }[] = [
  { measure: "events", name: "Events" },
  { measure: "active_users", name: "Active people" },
  { measure: "members_joined", name: "Joined" },
  { measure: "members_removed", name: "Left" },
  { measure: "invitations_sent", name: "Invited" },
  { measure: "invitations_accepted", name: "Accepted" },
  { measure: "sign_ups", name: "New accounts" },
];

export function nameOf(measure: Measure): string {
  return MEASURES.find((one) => one.measure === measure)?.name ?? measure;
}

export interface Point {
  day: string;
  value: number;
  before: number;
  beforeDay: string;
  settling: boolean;
}

/** Both periods side by side: the first day beside the first day. */
export function pointsOf(overview: AnalyticsOverview, measure: Measure): Point[] {
  return overview.days.map((day, index) => {
    const before = overview.previous_days[index];
    return { day: day.day, value: day[measure], before: before?.[measure] ?? 0, beforeDay: before?.day ?? "", settling: day.settling };
  });
}

/** "12% more", "as before"; nothing to compare with where there was nothing before. */
export function changeOf(value: number, previous: number): { text: string; direction: "up" | "down" | "same" } {
  if (value === previous) return { text: "as before", direction: "same" };
  const direction = value > previous ? "up" : "down";
  if (previous === 0) return { text: `${value.toLocaleString()} more`, direction };
  const share = Math.abs(value - previous) / previous;
  const percent = share.toLocaleString(undefined, { style: "percent", maximumFractionDigits: share < 0.1 ? 1 : 0 });
  return { text: `${percent} ${direction === "up" ? "more" : "less"}`, direction };
}

/** Minor units of an ISO currency as the reader writes money. */
export function money({ amount, currency }: { amount: number; currency: string }): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
