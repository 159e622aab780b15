import { authorization, isSession, type Credentials, type Session } from "./credentials.ts";
import { ApiProblem, retryAfter } from "./problem.ts";

const writes = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const passing = new Set([429, 502, 503, 504]);

/** How often a request is tried and how long each pause may be, in milliseconds. Pauses grow and are random. */
export interface Patience {
  attempts: number;
  firstPause: number;
  longestPause: number;
}

export const defaultPatience: Patience = { attempts: 4, firstPause: 200, longestPause: 30_000 };

export interface Sending {
  baseUrl: string;
  patience: Patience;
  fetch: (request: Request) => Promise<Response>;
  /** Read anew at each try, so that signing in later or renewing takes effect. */
  credentials: () => Credentials | undefined;
}

/**
 * A `fetch` that says who asks, gives each write one Idempotency-Key over all its tries, renews an access token that
 * ended, waits as long as the API asks for and tries again. Throws ApiProblem for every answer that is no success.
 */
export function sender(how: Sending): (request: Request) => Promise<Response> {
  const renew = renewer(how);
  return async (request) => {
    if (writes.has(request.method) && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", crypto.randomUUID());
    }
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      const credentials = how.credentials();
      const used = credentials && authorization(credentials);
      const outcome = await attempt(how, request, used);
      if (outcome instanceof Response && outcome.ok) return outcome;
      if (isRefused(outcome) && !renewed && isSession(credentials) && credentials.refreshToken) {
        renewed = true;
        tries -= 1;
        await renew(credentials, used);
        continue;
      }
      if (tries >= how.patience.attempts || !mayPass(outcome) || request.signal.aborted) return settled(outcome);
      await pause(how.patience, tries, outcome);
    }
  };
}

async function attempt(how: Sending, request: Request, used: string | undefined): Promise<Response | Error> {
  const next = request.clone();
  if (used !== undefined) next.headers.set("Authorization", used);
  try {
    return await how.fetch(next);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

function isRefused(outcome: Response | Error): boolean {
  return outcome instanceof Response && outcome.status === 401;
}

function mayPass(outcome: Response | Error): boolean {
  return outcome instanceof Error || passing.has(outcome.status);
}

async function settled(outcome: Response | Error): Promise<never> {
  throw outcome instanceof Error ? outcome : await ApiProblem.of(outcome);
}

async function pause(patience: Patience, tries: number, outcome: Response | Error): Promise<void> {
  const asked = outcome instanceof Response ? retryAfter(outcome) : undefined;
  const grown = Math.random() * patience.firstPause * 2 ** tries;
  const wanted = asked === undefined ? grown : asked * 1000;
  await new Promise((wake) => setTimeout(wake, Math.min(wanted, patience.longestPause)));
}

/** One request renews, the others wait for what it gets. */
function renewer(how: Sending): (session: Session, used: string | undefined) => Promise<void> {
  let running: Promise<void> | undefined;
  return async (session, used) => {
    if (authorization(session) !== used) return;
    running ??= refresh(how, session).finally(() => {
      running = undefined;
    });
    await running;
  };
}

async function refresh(how: Sending, session: Session): Promise<void> {
  const body = JSON.stringify({ refresh_token: session.refreshToken });
  const headers = { "Content-Type": "application/json" };
  const answer = await how.fetch(new Request(`${how.baseUrl}/v1/auth/refresh`, { method: "POST", headers, body }));
  if (!answer.ok) throw await ApiProblem.of(answer);
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string | null };
  session.accessToken = tokens.access_token;
  session.refreshToken = tokens.refresh_token ?? session.refreshToken ?? null;
  session.changed?.(session);
}
