import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { ApiProblem, createClient, etag, every, type Session } from "@objectalabs/client";

interface Seen {
  method: string | undefined;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

type Answer = (seen: Seen, response: ServerResponse) => void;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => (_, response) => {
  response.writeHead(status, { "Content-Type": status < 400 ? "application/json" : "application/problem+json", ...headers });
  response.end(JSON.stringify(body));
};
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { status, code, detail: "No.", request_id: "r-1", errors: [{ pointer: "/email", code: "x", detail: "y" }] }, headers);
const broken: Answer = (_, response) => response.destroy();

let server: Server;
let baseUrl: string;
let seen: Seen[] = [];
let answers: Answer[] = [];

before(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      const one = { method: request.method, path: request.url ?? "", headers: request.headers, body };
      seen.push(one);
      (answers.shift() ?? json(500, {}))(one, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  answers = [];
});
after(() => {
  server.close();
});

const client = (session?: Session) =>
  createClient({ baseUrl, patience: { firstPause: 1, longestPause: 1500 }, ...(session && { credentials: session }) });
const invite = (from = client()) => from.POST("/v1/invitations", { body: { email: "a@example.com" } });

test("a write is tried again under one key until it is done", async () => {
  answers = [broken, problem(503, "service_unavailable"), json(201, { id: "1" })];
  assert.equal((await invite()).data?.id, "1");
  assert.equal(seen.length, 3);
  assert.equal(new Set(seen.map((one) => one.headers["idempotency-key"])).size, 1);
  assert.deepEqual(new Set(seen.map((one) => one.body)), new Set(['{"email":"a@example.com"}']));
});

test("a key of one's own is kept", async () => {
  answers = [json(201, {})];
  await client().POST("/v1/invitations", { body: { email: "a@example.com" }, headers: { "Idempotency-Key": "mine" } });
  assert.equal(seen[0]?.headers["idempotency-key"], "mine");
});

test("what the API asks for is waited", async () => {
  answers = [problem(429, "too_many_requests", { "Retry-After": "1" }), json(200, { items: [] })];
  const started = performance.now();
  await client().GET("/v1/members");
  assert.ok(performance.now() - started >= 950);
});

test("a missing permission is named", async () => {
  answers = [json(403, { status: 403, code: "permission_denied", detail: "No.", permission: "members:invite" })];
  await assert.rejects(invite(), (error: unknown) => {
    assert.ok(error instanceof ApiProblem);
    assert.equal(error.permission, "members:invite");
    return true;
  });
});

test("a refusal is typed and not tried again", async () => {
  answers = [problem(422, "validation_failed")];
  await assert.rejects(invite(), (error: unknown) => {
    assert.ok(error instanceof ApiProblem);
    assert.deepEqual([error.status, error.code, error.requestId, error.fields[0]?.pointer], [422, "validation_failed", "r-1", "/email"]);
    return true;
  });
  assert.equal(seen.length, 1);
});

test("it gives up in the end and says why", async () => {
  answers = [1, 2, 3, 4].map(() => problem(503, "service_unavailable"));
  await assert.rejects(client().GET("/v1/me"), { code: "service_unavailable" });
  assert.equal(seen.length, 4);
});

test("many requests at once renew an ended token once", async () => {
  const byToken: Answer = (one, response) =>
    (one.headers.authorization === "Bearer new" ? json(200, { items: [] }) : problem(401, "token_invalid"))(one, response);
  const asked: Answer = (one, response) =>
    (one.path === "/v1/auth/refresh" ? json(200, { access_token: "new", refresh_token: "next" }) : byToken)(one, response);
  answers = Array.from({ length: 20 }, () => asked);
  let heard = 0;
  const session: Session = { accessToken: "old", refreshToken: "first", changed: () => (heard += 1) };
  const from = client(session);
  await Promise.all([1, 2, 3].map(() => from.GET("/v1/members")));
  assert.equal(seen.filter((one) => one.path === "/v1/auth/refresh").length, 1);
  assert.deepEqual([session.accessToken, session.refreshToken, heard], ["new", "next", 1]);
});

test("a sign-in that has ended is said to have", async () => {
  answers = [problem(401, "token_invalid"), problem(401, "refresh_refused")];
  await assert.rejects(client({ accessToken: "old", refreshToken: "old" }).GET("/v1/me"), { code: "refresh_refused" });
});

test("every page is asked for, and its cursor sent", async () => {
  answers = [json(200, { items: [{ name: "a" }, { name: "b" }], next_cursor: "c1" }), json(200, { items: [{ name: "c" }], next_cursor: null })];
  const from = client();
  const names: (string | undefined)[] = [];
  for await (const one of every((cursor) => from.GET("/v1/members", { params: { query: { ...(cursor && { cursor }) } } }))) names.push(one.name);
  assert.deepEqual(names, ["a", "b", "c"]);
  assert.deepEqual(seen.map((one) => one.path), ["/v1/members", "/v1/members?cursor=c1"]);
});

test("an update says which version was read", async () => {
  answers = [json(200, { version: 4 })];
  await client().PATCH("/v1/organization", { params: { header: { "If-Match": etag(3) } }, body: { name: "New" } });
  assert.equal(seen[0]?.headers["if-match"], '"3"');
});
