import type { ActivitySearch } from "../../queries/activity";

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address says about the log; what makes no sense is dropped. */
export function activitySearchOf(search: Record<string, unknown>): ActivitySearch {
  return {
    actor: textOf(search["actor"], /^[a-z]+:[\w-]{1,80}$/),
    action: textOf(search["action"], /^[a-z_]+(\.[a-z_]+)?$/),
    from: textOf(search["from"], DAY),
    to: textOf(search["to"], DAY),
    search: textOf(search["search"], /[\p{L}\p{N}]/u)?.slice(0, 100),
  };
}

function textOf(value: unknown, form: RegExp): string | undefined {
  // The router reads an address' 42 as a number.
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && form.test(text) ? text : undefined;
}
