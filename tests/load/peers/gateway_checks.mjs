// What both Node gateways check, as a careful user would write it: token (EdDSA, remembered until it expires), limits
// of the caller and the organization in Redis in one script, headers of an allow-list.
import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { createLocalJWKSet, jwtVerify } from "jose";

export const UPSTREAM = process.env.UPSTREAM;
export const PORT = Number(process.env.PORT);

const keys = createLocalJWKSet(JSON.parse(process.env.JWKS));
const redis = new Redis(process.env.REDIS_URL, { enableAutoPipelining: true });
redis.defineCommand("take", { lua: process.env.SCRIPT });

const remembered = new Map();
const MOST_REMEMBERED = 10_000;

async function verify(token) {
  const digest = createHash("sha256").update(token).digest("base64");
  const known = remembered.get(digest);
  if (known !== undefined) {
    if (known.exp * 1000 > Date.now()) return known;
    remembered.delete(digest);
  }
  const { payload } = await jwtVerify(token, keys, { audience: "customer", algorithms: ["EdDSA"] });
  if (remembered.size >= MOST_REMEMBERED) remembered.delete(remembered.keys().next().value);
  remembered.set(digest, payload);
  return payload;
}

const MINUTE = 60_000_000;
const PER_MINUTE = 1_000_000_000;
const INTERVAL = 1;

/** Null, or the status to refuse with; `say` is told the headers of the limits. */
export async function check(headers, say) {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return 401;
  let claims;
  try {
    claims = await verify(token);
  } catch {
    return 401;
  }
  const limits = [`user:${claims.sub}`, `organization:${claims.org}`];
  const said = await redis.take(2, ...limits.map((limit) => `gateway:limit:${limit}`), 2, INTERVAL, MINUTE, INTERVAL, MINUTE);
  const left = (at) => Math.max(0, Math.floor((MINUTE - said[at]) / INTERVAL));
  say("RateLimit-Policy", `"user";q=${PER_MINUTE};w=60, "organization";q=${PER_MINUTE};w=60`);
  say("RateLimit", `"user";r=${left(0)};t=1, "organization";r=${left(2)};t=1`);
  return said[1] > 0 || said[3] > 0 ? 429 : null;
}

const PASSED = new Set([
  "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "content-encoding", "content-length",
  "content-type", "cookie", "idempotency-key", "if-match", "if-none-match", "origin", "prefer", "range", "user-agent",
]);

/** The headers that a service gets to see. */
export function hygienic(headers, address) {
  const passed = {};
  for (const name in headers) if (PASSED.has(name)) passed[name] = headers[name];
  passed["x-forwarded-for"] = address;
  passed["x-request-id"] = crypto.randomUUID();
  return passed;
}
