/** What the API answers to login, registration, refresh, a switch or an accepted invitation. */
export interface IssuedTokens {
  access_token: string;
  expires_in: number;
}

export type EndReason = "signed_out" | "ended";
export type SessionState =
  | { status: "unknown" }
  | { status: "signed_out"; reason: EndReason | null }
  | { status: "signed_in"; token: string; expiresAt: number };

export type TabMessage = { kind: "token"; token: string; expiresAt: number } | { kind: "ended"; reason: EndReason };

/** The other tabs of this browser: they share the refresh cookie, so only one may use it at a time. */
export interface Tabs {
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  announce(message: TabMessage): void;
  listen(listener: (message: TabMessage) => void): void;
}

/** Remembers across page loads that a refresh cookie is likely there; never a token. */
export interface Remembered {
  get(): boolean;
  set(present: boolean): void;
}

export interface SessionDoors {
  /** `null` when the refresh cookie was refused; throws when there was no usable answer. */
  refresh: () => Promise<IssuedTokens | null>;
  tabs: Tabs;
  remembered: Remembered;
  now: () => number;
}

const EARLY_MS = 30_000;

/**
 * The access token, in memory only. Refreshing is single-flight in this tab and exclusive among tabs; a tab that waited uses
 * what the other one got.
 */
export class Session {
  #state: SessionState = { status: "unknown" };
  #renewal: Promise<string | null> | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #doors: SessionDoors;

  constructor(doors: SessionDoors) {
    this.#doors = doors;
    doors.tabs.listen((message) => {
      this.#hear(message);
    });
  }

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finds out once whether somebody is signed in. Throws when the API gives no usable answer. */
  async start(): Promise<SessionState> {
    if (this.#state.status !== "unknown") return this.#state;
    if (this.#doors.remembered.get()) await this.#renewOnce();
    else this.#become({ status: "signed_out", reason: null });
    return this.#state;
  }

  /** Finds the session that a sign-in elsewhere left in the refresh cookie, in place of the one there may have been. */
  async resume(): Promise<SessionState> {
    this.#doors.remembered.set(true);
    await this.#renewOnce(this.#state.status === "signed_in" ? this.#state.token : undefined);
    return this.#state;
  }

  /** A token that is good for half a minute at least, or null when nobody is signed in. */
  async token(): Promise<string | null> {
    if (this.#state.status === "signed_out") return null;
    return this.#fresh() ?? this.#renewOnce();
  }

  /** Another token than the one that was refused, or null when the session has ended. */
  async renew(rejected: string): Promise<string | null> {
    if (this.#state.status === "signed_in" && this.#state.token !== rejected) return this.#state.token;
    if (this.#state.status === "signed_out") return null;
    return this.#renewOnce(rejected);
  }

  /** Takes what a login, registration, switch or accepted invitation gave, here and in the other tabs. */
  adopt(tokens: IssuedTokens): string {
    const expiresAt = this.#doors.now() + tokens.expires_in * 1000;
    this.#doors.remembered.set(true);
    this.#become({ status: "signed_in", token: tokens.access_token, expiresAt });
    this.#doors.tabs.announce({ kind: "token", token: tokens.access_token, expiresAt });
    return tokens.access_token;
  }

  /** Forgets the token, here and in the other tabs. The cookie is the server's to clear. */
  end(reason: EndReason): void {
    this.#doors.remembered.set(false);
    this.#become({ status: "signed_out", reason });
    this.#doors.tabs.announce({ kind: "ended", reason });
  }

  #fresh(rejected?: string): string | null {
    if (this.#state.status !== "signed_in" || this.#state.token === rejected) return null;
    return this.#state.expiresAt - EARLY_MS > this.#doors.now() ? this.#state.token : null;
  }

  #renewOnce(rejected?: string): Promise<string | null> {
    this.#renewal ??= this.#doors.tabs
      .exclusively(() => this.#exchange(rejected))
      .finally(() => {
        this.#renewal = null;
      });
    return this.#renewal;
  }

  async #exchange(rejected: string | undefined): Promise<string | null> {
    const other = this.#fresh(rejected);
    if (other !== null) return other;
    const before = this.#state;
    const tokens = await this.#doors.refresh();
    if (tokens !== null) return this.adopt(tokens);
    // Somebody signed in while the refusal was under way: that answer was about the session before.
    if (this.#state !== before && this.#state.status === "signed_in") return this.#state.token;
    this.end("ended");
    return null;
  }

  #hear(message: TabMessage): void {
    if (message.kind === "token") this.#become({ status: "signed_in", token: message.token, expiresAt: message.expiresAt });
    else this.#become({ status: "signed_out", reason: message.reason });
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Who the token speaks for and where: changes when the person, the organization or the role does. Null when nobody is signed in. */
export function identityOf(state: SessionState): string | null {
  if (state.status !== "signed_in") return null;
  const claims = claimsOf(state.token);
  return [claims["sub"], claims["org"], claims["role"]].map((claim) => (typeof claim === "string" ? claim : "")).join("|");
}

/** The organization of an identity; null outside of any. */
export function organizationOf(identity: string | null): string | null {
  return identity?.split("|")[1] || null;
}

function claimsOf(token: string): Record<string, unknown> {
  const payload = token.split(".")[1] ?? "";
  try {
    return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>;
  } catch {
    // Not readable here: the token stands for itself, so that any change of it is noticed.
    return { sub: token };
  }
}
