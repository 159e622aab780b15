import type { Interval, Plan, Subscription } from "../../api/billing";
import { money } from "../analytics/measures";

export { money };

/** What so many seats cost a period, in minor units. */
export function charge(plan: Plan, interval: Interval, seats: number): number {
  return (plan.prices[interval]?.amount ?? 0) * (plan.per_seat ? seats : 1);
}

/** "$49.00 a seat a month", "$29.00 a month", "$0.00 for good". */
export function priceWords(plan: Plan, interval: Interval): { amount: string; per: string } {
  const price = plan.prices[interval];
  if (!price) return { amount: "–", per: "" };
  if (price.amount === 0) return { amount: money(price), per: "for good" };
  return { amount: money(price), per: `${plan.per_seat ? "a seat " : ""}a ${interval}` };
}

const FEATURES: Record<string, string> = {
  usage_alerts: "Usage alerts",
  custom_reports: "Custom reports",
  audit_log: "Audit log",
  single_sign_on: "Single sign-on",
  priority_support: "Priority support",
};

export function featureName(code: string): string {
  return FEATURES[code] ?? code.replaceAll("_", " ");
}

const LIMITS: Record<string, (bound: string) => string> = {
  agent_runs_per_month: (bound) => `${bound} agent runs a month`,
  requests_per_minute: (bound) => `${bound} API requests a minute`,
  retention_days: (bound) => `${bound} days of history`,
};

/** A limit in words; null has no bound. */
export function limitWords(code: string, bound: number | null): string {
  const shown = bound === null ? "Unlimited" : bound.toLocaleString();
  return LIMITS[code]?.(shown) ?? `${code.replaceAll("_", " ")}: ${shown}`;
}

export function seatWords(plan: Plan): string {
  if (!plan.per_seat) return `${String(plan.seats)} seats included`;
  return plan.seats > 1 ? `From ${String(plan.seats)} seats` : "As many seats as you need";
}

const STATUSES: Record<Subscription["status"], string> = {
  active: "Active",
  trialing: "Trial",
  past_due: "Payment overdue",
  unpaid: "Unpaid",
  paused: "Paused",
  incomplete: "Waiting for payment",
  incomplete_expired: "Expired",
  canceled: "Ended",
};

export function statusWords(subscription: Subscription): string {
  return subscription.cancel_at_period_end ? "Ends soon" : STATUSES[subscription.status];
}
