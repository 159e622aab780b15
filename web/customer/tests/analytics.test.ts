import { describe, expect, it } from "vitest";
import type { AnalyticsOverview } from "../src/api/client";
import { changeOf, money, pointsOf } from "../src/pages/analytics/measures";
import { dayName, daysBefore, periodOf } from "../src/pages/analytics/period";

describe("the period in the address", () => {
  it("is thirty days unless it names another", () => {
    for (const search of [{}, { days: "30" }, { days: "x" }, { from: "2026-13-01", to: "2026-13-02" }, { from: "2026-11-02", to: "2026-11-01" }]) {
      expect(periodOf(search)).toEqual({ days: undefined, from: undefined, to: undefined });
    }
    expect(periodOf({ days: 7 }).days).toBe(7);
    expect(periodOf({ days: "90" }).days).toBe(90);
    expect(periodOf({ from: "2026-11-01", to: "2026-11-02", days: 7 })).toEqual({ from: "2026-11-01", to: "2026-11-02", days: undefined });
  });

  it("counts days over months and leap days", () => {
    expect(daysBefore("2028-03-01", 1)).toBe("2028-02-29");
    expect(daysBefore("2026-03-29", 6)).toBe("2026-03-23");
    expect(dayName("2026-11-23")).toContain("23");
  });
});

describe("figures", () => {
  it("say how much more or less it is", () => {
    expect(changeOf(3, 3)).toEqual({ text: "as before", direction: "same" });
    expect(changeOf(112, 100).direction).toBe("up");
    expect(changeOf(112, 100).text).toMatch(/^12\s?% more$/);
    expect(changeOf(0, 4).text).toMatch(/^100\s?% less$/);
    expect(changeOf(5, 0).text).toBe("5 more");
  });

  it("write money in its own minor units", () => {
    expect(money({ amount: 4900, currency: "usd" })).toContain("49.00");
    expect(money({ amount: 4900, currency: "jpy" })).toContain("4,900");
  });

  it("put the first day beside the first day of the period before", () => {
    const day = { settling: false, active_users: 0, members_joined: 0, members_removed: 0, invitations_sent: 0, invitations_accepted: 0, sign_ups: 0 };
    const overview = {
      days: [{ ...day, day: "2026-11-22", events: 3 }, { ...day, day: "2026-11-23", events: 5, settling: true }],
      previous_days: [{ ...day, day: "2026-11-20", events: 1 }, { ...day, day: "2026-11-21", events: 2 }],
    } as unknown as AnalyticsOverview;
    expect(pointsOf(overview, "events")).toEqual([
      { day: "2026-11-22", value: 3, before: 1, beforeDay: "2026-11-20", settling: false },
      { day: "2026-11-23", value: 5, before: 2, beforeDay: "2026-11-21", settling: true },
    ]);
  });
});
