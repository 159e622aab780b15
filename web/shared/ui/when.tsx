import { useEffect, useState } from "react";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** "5 minutes ago" or "in 6 days", in the reader's language; the date itself once it is more than a week away. */
export function relative(instant: number, now: number): string {
  const distance = instant - now;
  if (Math.abs(distance) > 7 * 86_400_000) return date(instant);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const unit = UNITS.find(([, size]) => Math.abs(distance) >= size);
  return unit ? words.format(Math.round(distance / unit[1]), unit[0]) : words.format(0, "second");
}

export function date(instant: number): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(instant);
}

function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }, [everyMs]);
  return now;
}

/** A moment as a person says it, with the exact one on hover and for machines. */
export function When({ at }: { at: string }) {
  const now = useNow(30_000);
  const instant = Date.parse(at);
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }).format(instant);
  return (
    <time dateTime={at} title={exact}>
      {relative(instant, now)}
    </time>
  );
}
