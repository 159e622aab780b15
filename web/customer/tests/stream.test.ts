import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Frame } from "../src/stream/frames";
import { Stream, type Socket, type StreamDoors, type StreamState } from "../src/stream/stream";

/** A socket whose other end is the test. */
class Line implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  closed = false;
  readonly query: URLSearchParams;

  constructor(query: URLSearchParams) {
    this.query = query;
  }

  close(): void {
    this.closed = true;
  }

  say(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  break(): void {
    this.onclose?.({ code: 1006 });
  }
}

const HELLO: Frame = { type: "hello", epoch: "e1", cursor: 7, heartbeat_s: 20 };

function alert(cursor: number, id = `n${String(cursor)}`): Frame {
  const data = { id, cursor, kind: "member.joined", category: "team", title: id, body: "", data: {}, created_at: "2026-01-01T00:00:00Z", read_at: null };
  return { type: "notification", cursor, data };
}

function begin(ticket: () => Promise<string | null> = () => Promise.resolve("t")) {
  const lines: Line[] = [];
  const heard: string[] = [];
  const states: StreamState[] = [];
  const doors: StreamDoors = {
    ticket,
    open: (query) => {
      const line = new Line(query);
      lines.push(line);
      return line;
    },
    now: () => Date.now(),
    random: () => 1,
    onState: (state) => states.push(state),
    onNotification: ({ id }) => heard.push(id),
    onInvalidate: (topics) => heard.push(`reread ${topics.join()}`),
    onMissed: () => heard.push("missed"),
    onAccessChanged: () => heard.push("access"),
  };
  const stream = new Stream(doors);
  stream.start();
  const last = (): Line => {
    const line = lines.at(-1);
    if (!line) throw new Error("nothing was opened");
    return line;
  };
  return { stream, lines, heard, states, last };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

async function settled(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

describe("a stream", () => {
  it("is live after the hello and passes on what arrives, each once", async () => {
    const { stream, heard, last } = begin();
    await settled();
    expect(stream.state.status).toBe("connecting");
    last().say(HELLO);
    expect(stream.state.status).toBe("live");
    last().say(alert(8));
    last().say(alert(8));
    last().say({ type: "invalidate", topics: ["members", "invitations"] });
    expect(heard).toEqual(["reread notifications", "n8", "reread members,invitations"]);
  });

  it("ignores what it does not know", async () => {
    const { stream, last } = begin();
    await settled();
    last().onmessage?.({ data: "not json" });
    last().onmessage?.({ data: '{"type":"confetti"}' });
    last().onmessage?.({ data: new ArrayBuffer(2) });
    last().say(HELLO);
    expect(stream.state.status).toBe("live");
  });

  it("resumes from the last cursor and epoch with a new ticket", async () => {
    let number = 0;
    const { lines, last } = begin(() => Promise.resolve(`ticket-${String(++number)}`));
    await settled();
    expect(Object.fromEntries(last().query)).toEqual({ ticket: "ticket-1" });
    last().say(HELLO);
    last().say(alert(9));
    last().break();
    await vi.advanceTimersByTimeAsync(500);
    expect(lines).toHaveLength(2);
    expect(Object.fromEntries(last().query)).toEqual({ ticket: "ticket-2", cursor: "9", epoch: "e1" });
  });

  it("reads everything anew after a reconnect, since invalidations are not replayed", async () => {
    const { heard, last } = begin();
    await settled();
    last().say(HELLO);
    last().break();
    await vi.advanceTimersByTimeAsync(500);
    last().say(HELLO);
    expect(heard).toEqual(["reread notifications", "missed"]);
  });

  it("takes a new epoch's cursor, so that it never resumes in a numbering that is gone", async () => {
    const { last } = begin();
    await settled();
    last().say({ ...HELLO, cursor: 70 });
    last().break();
    await vi.advanceTimersByTimeAsync(500);
    last().say({ ...HELLO, epoch: "e2", cursor: 3 });
    last().break();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(Object.fromEntries(last().query)).toMatchObject({ cursor: "3", epoch: "e2" });
  });

  it("notices in a ping that something was missed, once", async () => {
    const { heard, last } = begin();
    await settled();
    last().say(HELLO);
    last().say({ type: "ping", cursor: 7 });
    expect(heard).not.toContain("missed");
    last().say({ type: "ping", cursor: 9 });
    last().say({ type: "ping", cursor: 9 });
    expect(heard.filter((what) => what === "missed")).toHaveLength(1);
  });

  it("goes on from the hello's cursor after a reset", async () => {
    const { heard, last } = begin();
    await settled();
    last().say(HELLO);
    last().break();
    await vi.advanceTimersByTimeAsync(500);
    last().say({ ...HELLO, cursor: 900 });
    last().say({ type: "reset" });
    last().say({ type: "ping", cursor: 900 });
    expect(heard).toEqual(["reread notifications", "missed", "missed"]);
    last().break();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(last().query.get("cursor")).toBe("900");
  });

  it("hangs up on silence longer than two heartbeats", async () => {
    const { stream, lines, last } = begin();
    await settled();
    last().say(HELLO);
    await vi.advanceTimersByTimeAsync(44_000);
    expect(stream.state.status).toBe("live");
    last().say({ type: "ping", cursor: 7 });
    await vi.advanceTimersByTimeAsync(44_000);
    expect(stream.state.status).toBe("live");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stream.state.status).toBe("away");
    expect(lines[0]?.closed).toBe(true);
  });

  it("gives up on a connection that says nothing for ten seconds", async () => {
    const { stream } = begin();
    await settled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stream.state.status).toBe("away");
  });

  it("waits longer after each failure and forgets them once a ping came", async () => {
    const { states, last } = begin();
    const waits = (): number[] => states.filter((state) => state.status === "away").map((state) => state.retryAt - Date.now());
    await settled();
    last().break();
    expect(waits().at(-1)).toBe(500);
    await vi.advanceTimersByTimeAsync(500);
    last().break();
    expect(waits().at(-1)).toBe(1_000);
    await vi.advanceTimersByTimeAsync(1_000);
    last().say(HELLO);
    last().say({ type: "ping", cursor: 7 });
    last().break();
    expect(waits().at(-1)).toBe(500);
  });

  it("comes back no sooner than a goodbye asks for", async () => {
    const { lines, heard, last } = begin();
    await settled();
    last().say(HELLO);
    last().say({ type: "bye", code: "going_away", retry_after_ms: 4_000 });
    await vi.advanceTimersByTimeAsync(4_499);
    expect(lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(lines).toHaveLength(2);
    expect(heard).not.toContain("access");
  });

  it("returns at once with a new ticket when only its token had expired", async () => {
    const { lines, last } = begin();
    await settled();
    last().say(HELLO);
    last().say({ type: "bye", code: "token_expired", retry_after_ms: 4_000 });
    await vi.advanceTimersByTimeAsync(500);
    expect(lines).toHaveLength(2);
  });

  it("asks what has changed when a goodbye names no time to come back", async () => {
    const { heard, last } = begin();
    await settled();
    last().say(HELLO);
    last().say({ type: "bye", code: "revoked", retry_after_ms: null });
    expect(heard).toContain("access");
  });

  it("stops when no ticket is given any more", async () => {
    const { stream, lines } = begin(() => Promise.resolve(null));
    await settled();
    expect(stream.state.status).toBe("stopped");
    expect(lines).toHaveLength(0);
  });

  it("tries again when the ticket's answer was lost, at once if asked to hurry", async () => {
    const ticket = vi.fn(() => Promise.reject<string>(new Error("away")));
    const { stream } = begin(ticket);
    await settled();
    expect(stream.state.status).toBe("away");
    stream.hurry();
    await settled();
    expect(ticket).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ticket).toHaveBeenCalledTimes(3);
  });

  it("opens nothing after it was stopped while a ticket was under way", async () => {
    let give: (ticket: string) => void = () => undefined;
    const { stream, lines } = begin(() => new Promise((resolve) => (give = resolve)));
    stream.stop();
    give("late");
    await settled();
    expect(lines).toHaveLength(0);
    expect(stream.state.status).toBe("stopped");
  });
});
