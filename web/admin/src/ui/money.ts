import type { Money } from "../api/client";

/** Minor units as the reader writes money. */
export function money({ amount, currency }: Money): string {
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: currency.toUpperCase() });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}
