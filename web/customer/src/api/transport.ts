import { Problem } from "../../../shared/api/problem";

/** What the transport needs from the session; see `session/session.ts`. */
export interface TokenSource {
  token(): Promise<string | null>;
  renew(rejected: string): Promise<string | null>;
}

export interface TransportDoors {
  fetch: (request: Request) => Promise<Response>;
  session: TokenSource;
  newKey: () => string;
  wait: (milliseconds: number) => Promise<void>;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const WITHOUT_TOKEN = [
  /\/v1\/auth\/(register|login|refresh|sso\/start|mfa\/verify|forgot-password|reset-password|verify-email|restore-email)$/,
  /\/v1\/invitations\/preview$/,
];
const PAUSES = [300, 1_000];

/**
 * The one way to the API: adds the access token, gives every write an idempotency key, renews a refused token once, and
 * repeats a write whose answer was lost with the same key, so that it happens once. Throws `Problem` (status 0) when there is no answer.
 */
export function createTransport(doors: TransportDoors): (request: Request) => Promise<Response> {
  return async (original) => {
    const request = keyed(original, doors.newKey);
    const token = needsToken(request) ? await doors.session.token() : null;
    const response = await repeatLost(request, token, doors);
    if (response.status !== 401 || token === null) return response;
    const renewed = await doors.session.renew(token);
    return renewed === null ? response : repeatLost(request, renewed, doors);
  };
}

function keyed(request: Request, newKey: () => string): Request {
  if (SAFE.has(request.method) || request.headers.has("Idempotency-Key")) return request;
  const copy = new Request(request);
  copy.headers.set("Idempotency-Key", newKey());
  return copy;
}

function needsToken(request: Request): boolean {
  const { pathname } = new URL(request.url);
  return !WITHOUT_TOKEN.some((pattern) => pattern.test(pathname));
}

async function repeatLost(request: Request, token: string | null, doors: TransportDoors): Promise<Response> {
  // Reads are repeated by the cache in front of them.
  for (const pause of SAFE.has(request.method) ? [] : PAUSES) {
    try {
      const response = await send(request, token, doors);
      if (!(await inFlight(response))) return response;
    } catch (lost) {
      if (isAbort(lost)) throw lost;
    }
    await doors.wait(pause);
  }
  return lastTry(request, token, doors);
}

async function lastTry(request: Request, token: string | null, doors: TransportDoors): Promise<Response> {
  try {
    return await send(request, token, doors);
  } catch (lost) {
    if (isAbort(lost)) throw lost;
    throw new Problem(0, {});
  }
}

function send(request: Request, token: string | null, doors: TransportDoors): Promise<Response> {
  const copy = request.clone();
  if (token !== null) copy.headers.set("Authorization", `Bearer ${token}`);
  return doors.fetch(copy);
}

async function inFlight(response: Response): Promise<boolean> {
  if (response.status !== 409) return false;
  const document = (await response.clone().json()) as { code?: string };
  return document.code === "idempotency_key_in_use";
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
