import type { Notification } from "../api/client";

/** What `/v1/stream` sends. */
export type Frame =
  | { type: "hello"; epoch: string; cursor: number; heartbeat_s: number }
  | { type: "notification"; cursor: number; data: Notification }
  | { type: "invalidate"; topics: string[] }
  | { type: "ping"; cursor: number }
  | { type: "reset" }
  | { type: "bye"; code: string; retry_after_ms: number | null };

const TYPES = new Set(["hello", "notification", "invalidate", "ping", "reset", "bye"]);

/** The frame, or null for anything this console does not know: a newer server may say more. */
export function parseFrame(text: unknown): Frame | null {
  if (typeof text !== "string") return null;
  try {
    const value: unknown = JSON.parse(text);
    const known = typeof value === "object" && value !== null && TYPES.has((value as { type: string }).type);
    return known ? (value as Frame) : null;
  } catch {
    return null;
  }
}
