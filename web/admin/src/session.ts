import type { Tokens } from "./api/client";

export type SessionState =
  | { status: "unknown" }
  | { status: "signed_out"; ended: boolean }
  | { status: "signed_in"; tokens: Tokens };

const REMEMBERED = "operations-session";

/**
 * The access token, in memory only. `refresh` trades the HttpOnly cookie for a new one, `null` when it is refused; one at a
 * time in this tab, and two tabs at once are within the server's leeway.
 */
export class Session {
  #state: SessionState = { status: "unknown" };
  #renewal: Promise<string | null> | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #refresh: () => Promise<Tokens | null>;

  constructor(refresh: () => Promise<Tokens | null>) {
    this.#refresh = refresh;
  }

  get state(): SessionState {
    return this.#state;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finds out once whether somebody is signed in. */
  async start(): Promise<SessionState> {
    if (this.#state.status === "unknown") {
      if (localStorage.getItem(REMEMBERED) === null) this.#become({ status: "signed_out", ended: false });
      else await this.renew();
    }
    return this.#state;
  }

  get token(): string | null {
    return this.#state.status === "signed_in" ? this.#state.tokens.access_token : null;
  }

  adopt(tokens: Tokens): void {
    localStorage.setItem(REMEMBERED, "present");
    this.#become({ status: "signed_in", tokens });
  }

  end(ended: boolean): void {
    localStorage.removeItem(REMEMBERED);
    this.#become({ status: "signed_out", ended });
  }

  /** A fresh token, or null when the sign-in has ended. */
  renew(): Promise<string | null> {
    this.#renewal ??= this.#renewNow().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewNow(): Promise<string | null> {
    const tokens = await this.#refresh();
    if (tokens === null) this.end(true);
    else this.adopt(tokens);
    return tokens?.access_token ?? null;
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** Adds the token to each request, and renews a refused one once. */
export function createTransport(session: Session): (request: Request) => Promise<Response> {
  const send = (request: Request, token: string | null): Promise<Response> => {
    const copy = request.clone();
    if (token !== null) copy.headers.set("Authorization", `Bearer ${token}`);
    return fetch(copy);
  };
  return async (request) => {
    const token = session.token;
    const response = await send(request, token);
    if (response.status !== 401 || token === null) return response;
    const renewed = await session.renew();
    return renewed === null ? response : send(request, renewed);
  };
}
