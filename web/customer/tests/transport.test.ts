import { describe, expect, it, vi } from "vitest";
import { Problem } from "../../shared/api/problem";
import { createTransport } from "../src/api/transport";

const URL = "https://console.test/v1/members/1";

function json(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json" } });
}

function open(...answers: (Response | Error)[]) {
  const sent: Request[] = [];
  const session = { token: vi.fn(() => Promise.resolve<string | null>("one")), renew: vi.fn(() => Promise.resolve<string | null>("two")) };
  const fetch = vi.fn((request: Request) => {
    sent.push(request);
    const answer = answers.shift() ?? new Error("no more answers");
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
  const wait = vi.fn(() => Promise.resolve());
  let number = 0;
  const transport = createTransport({ fetch, session, wait, newKey: () => `key-${String(++number)}` });
  return { transport, sent, session, wait };
}

const keys = (sent: Request[]) => sent.map((request) => request.headers.get("Idempotency-Key"));

describe("the transport", () => {
  it("sends the token, and a key with each write only", async () => {
    const { transport, sent } = open(new Response(), new Response(), new Response());
    await transport(new Request(URL));
    await transport(new Request(URL, { method: "DELETE" }));
    await transport(new Request(URL, { method: "PATCH", body: "{}" }));
    expect(keys(sent)).toEqual([null, "key-1", "key-2"]);
    expect(sent[0]?.headers.get("Authorization")).toBe("Bearer one");
  });

  it("sends no token to login, registration, refresh and preview", async () => {
    const { transport, sent, session } = open(new Response(), new Response());
    await transport(new Request("https://console.test/v1/auth/login", { method: "POST", body: "{}" }));
    await transport(new Request("https://console.test/v1/invitations/preview", { method: "POST", body: "{}" }));
    expect(session.token).not.toHaveBeenCalled();
    expect(sent.map((request) => request.headers.get("Authorization"))).toEqual([null, null]);
  });

  it("renews a refused token once and sends the same body and key again", async () => {
    const { transport, sent, session } = open(json(401, {}), new Response("done"));
    const answer = await transport(new Request(URL, { method: "PATCH", body: '{"role":"admin"}' }));
    expect(await answer.text()).toBe("done");
    expect(session.renew).toHaveBeenCalledWith("one");
    expect(keys(sent)).toEqual(["key-1", "key-1"]);
    expect(sent[1]?.headers.get("Authorization")).toBe("Bearer two");
    expect(await sent[1]?.text()).toBe('{"role":"admin"}');
  });

  it("hands on the refusal when the session has ended", async () => {
    const { transport, session } = open(json(401, {}));
    session.renew.mockResolvedValueOnce(null);
    expect((await transport(new Request(URL))).status).toBe(401);
  });

  it("repeats a write whose answer was lost with the same key", async () => {
    const { transport, sent } = open(new TypeError("lost"), new TypeError("lost"), new Response("done"));
    expect(await (await transport(new Request(URL, { method: "DELETE" }))).text()).toBe("done");
    expect(keys(sent)).toEqual(["key-1", "key-1", "key-1"]);
  });

  it("waits while the first sending is still being worked on", async () => {
    const { transport, wait } = open(json(409, { code: "idempotency_key_in_use" }), new Response("done"));
    expect(await (await transport(new Request(URL, { method: "DELETE" }))).text()).toBe("done");
    expect(wait).toHaveBeenCalledTimes(1);
  });

  it("hands on any other conflict, its body unread", async () => {
    const { transport } = open(json(409, { code: "seats_exhausted" }));
    expect(await (await transport(new Request(URL, { method: "DELETE" }))).json()).toEqual({ code: "seats_exhausted" });
  });

  it("says that there was no answer after the third try of a write, the first of a read", async () => {
    const { transport, sent } = open(...Array.from({ length: 4 }, () => new TypeError("lost")));
    await expect(transport(new Request(URL))).rejects.toThrow(Problem);
    expect(sent).toHaveLength(1);
    const failed = await transport(new Request(URL, { method: "DELETE" })).catch((error: unknown) => error);
    expect(sent).toHaveLength(4);
    expect(failed).toBeInstanceOf(Problem);
    expect(failed).toMatchObject({ status: 0, temporary: true });
  });

  it("does not repeat what the page itself called off", async () => {
    const { transport, sent } = open(new DOMException("gone", "AbortError"));
    await expect(transport(new Request(URL))).rejects.toThrow("gone");
    expect(sent).toHaveLength(1);
  });
});
