/** What the address says about the period: a number of days up to today, or two days of one's own. */
export interface PeriodSearch {
  days?: 7 | 90 | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function dayOf(value: unknown): string | undefined {
  return typeof value === "string" && DAY.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
}

/** Thirty days unless the address names another period; what it says wrongly is dropped. */
export function periodOf(search: Record<string, unknown>): PeriodSearch {
  const from = dayOf(search["from"]);
  const to = dayOf(search["to"]);
  if (from !== undefined && to !== undefined && from <= to) return { from, to, days: undefined };
  const days = Number(search["days"]);
  return { days: days === 7 || days === 90 ? days : undefined, from: undefined, to: undefined };
}

/** A day some days before another. */
export function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);
}

/** A local day as a person says it: the same day in every zone. */
export function dayName(day: string, style: "short" | "long" = "short"): string {
  const format: Intl.DateTimeFormatOptions =
    style === "short" ? { day: "numeric", month: "short" } : { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  return new Intl.DateTimeFormat(undefined, { ...format, timeZone: "UTC" }).format(Date.parse(day));
}
