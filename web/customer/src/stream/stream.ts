import type { Notification } from "../api/client";
import { backoff } from "./backoff";
import { parseFrame, type Frame } from "./frames";

export type StreamState = { status: "connecting" } | { status: "live" } | { status: "away"; retryAt: number } | { status: "stopped" };

/** The part of a WebSocket the stream needs. */
export interface Socket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  close(): void;
}

export interface StreamDoors {
  /** A one-time ticket; null when the person may not listen any more. Throws when the API is away. */
  ticket: () => Promise<string | null>;
  open: (query: URLSearchParams) => Socket;
  now: () => number;
  random: () => number;
  onState: (state: StreamState) => void;
  onNotification: (notification: Notification) => void;
  onInvalidate: (topics: string[]) => void;
  /** Something was missed that will not be sent again: read everything anew. */
  onMissed: () => void;
  /** The server said goodbye without a time to come back: what the person may do has changed. */
  onAccessChanged: () => void;
}

const REMEMBERED_IDS = 500;
const DEFAULT_HEARTBEAT_S = 25;
const CONNECT_MS = 10_000;

/** Keeps one live connection: resumes where it stopped, notices gaps and silence, and backs off with jitter. */
export class Stream {
  #state: StreamState = { status: "stopped" };
  #socket: Socket | null = null;
  #position: { epoch: string; cursor: number } | null = null;
  #top = 0;
  #failures = 0;
  #attempt = 0;
  #heartbeatMs = DEFAULT_HEARTBEAT_S * 1000;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #hint: number | undefined;
  readonly #seen = new Set<string>();
  readonly #doors: StreamDoors;

  constructor(doors: StreamDoors) {
    this.#doors = doors;
  }

  get state(): StreamState {
    return this.#state;
  }

  start(): void {
    if (this.#state.status === "stopped") void this.#connect();
  }

  stop(): void {
    this.#abandon();
    this.#become({ status: "stopped" });
  }

  /** Tries at once instead of waiting: the person asked, or the network came back. */
  hurry(): void {
    if (this.#state.status === "away") void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#abandon();
    this.#become({ status: "connecting" });
    const attempt = this.#attempt;
    const ticket = await this.#doors.ticket().catch(() => undefined);
    if (attempt !== this.#attempt) return;
    if (ticket === null) {
      this.stop();
    } else if (ticket === undefined) {
      this.#fail();
    } else {
      this.#listen(this.#doors.open(this.#query(ticket)));
    }
  }

  #query(ticket: string): URLSearchParams {
    const query = new URLSearchParams({ ticket });
    if (this.#position !== null) {
      query.set("cursor", String(this.#position.cursor));
      query.set("epoch", this.#position.epoch);
    }
    return query;
  }

  #listen(socket: Socket): void {
    this.#socket = socket;
    this.#expectSign(CONNECT_MS);
    socket.onmessage = ({ data }) => {
      this.#expectSign(this.#heartbeatMs * 2 + 5_000);
      const frame = parseFrame(data);
      if (frame !== null) this.#take(frame);
    };
    socket.onclose = () => {
      this.#fail();
    };
  }

  #take(frame: Frame): void {
    if (frame.type === "hello") this.#welcome(frame);
    else if (frame.type === "notification") this.#receive(frame);
    else if (frame.type === "invalidate") this.#doors.onInvalidate(frame.topics);
    else if (frame.type === "ping") this.#compare(frame.cursor);
    else if (frame.type === "reset") this.#startOver();
    else this.#leave(frame);
  }

  #welcome(hello: Extract<Frame, { type: "hello" }>): void {
    this.#heartbeatMs = hello.heartbeat_s * 1000;
    this.#top = hello.cursor;
    const before = this.#position;
    if (before?.epoch !== hello.epoch) this.#position = { epoch: hello.epoch, cursor: hello.cursor };
    this.#become({ status: "live" });
    // Invalidations are never replayed, and what came between the page's first reads and the first hello was not heard.
    if (before === null) this.#doors.onInvalidate(["notifications"]);
    else this.#doors.onMissed();
  }

  #receive(frame: Extract<Frame, { type: "notification" }>): void {
    this.#advance(frame.cursor);
    if (this.#seen.has(frame.data.id)) return;
    this.#seen.add(frame.data.id);
    const oldest = this.#seen.values().next();
    if (this.#seen.size > REMEMBERED_IDS && oldest.value !== undefined) this.#seen.delete(oldest.value);
    this.#doors.onNotification(frame.data);
  }

  #startOver(): void {
    this.#advance(this.#top);
    this.#doors.onMissed();
  }

  #compare(top: number): void {
    this.#failures = 0;
    if (this.#position === null || top <= this.#position.cursor) return;
    this.#advance(top);
    this.#doors.onMissed();
  }

  #advance(cursor: number): void {
    if (this.#position !== null && cursor > this.#position.cursor) this.#position.cursor = cursor;
  }

  #leave(bye: Extract<Frame, { type: "bye" }>): void {
    // An expired token is replaced with the next ticket: nobody has to wait for that.
    if (bye.retry_after_ms !== null && bye.code !== "token_expired") this.#hint = bye.retry_after_ms;
    this.#fail();
    if (bye.retry_after_ms === null) this.#doors.onAccessChanged();
  }

  #fail(): void {
    const wait = backoff(this.#failures, this.#hint, this.#doors.random());
    this.#abandon();
    this.#failures += 1;
    this.#become({ status: "away", retryAt: this.#doors.now() + wait });
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #expectSign(milliseconds: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#fail();
    }, milliseconds);
  }

  #abandon(): void {
    this.#attempt += 1;
    this.#hint = undefined;
    clearTimeout(this.#silence);
    clearTimeout(this.#retry);
    if (this.#socket === null) return;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #become(state: StreamState): void {
    this.#state = state;
    this.#doors.onState(state);
  }
}
