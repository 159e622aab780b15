import { describe, expect, it } from "vitest";
import { backoff } from "../src/stream/backoff";

describe("backoff", () => {
  it("doubles up to half a minute", () => {
    expect([0, 1, 2, 3, 10].map((failures) => backoff(failures, undefined, 1))).toEqual([500, 1_000, 2_000, 4_000, 30_000]);
  });

  it("spreads over the upper half of the span", () => {
    expect(backoff(4, undefined, 0)).toBe(4_000);
    expect(backoff(4, undefined, 0.5)).toBe(6_000);
  });

  it("never comes back before the server's hint", () => {
    expect(backoff(0, 5_000, 0)).toBeGreaterThanOrEqual(5_000);
  });
});
