import { describe, expect, it } from "vitest";
import { explain, Problem, problemOf } from "../../shared/api/problem";

describe("a problem", () => {
  it("names the form's field for each pointer", () => {
    const problem = new Problem(422, { code: "validation_failed", errors: [{ pointer: "/email", code: "email", detail: "not an address" }] });
    expect(problem.fields).toEqual([{ field: "email", message: "Not an address" }]);
  });

  it("is a sentence for a person", () => {
    expect(new Problem(409, { code: "seats_exhausted" }).message).toMatch(/^Every seat/);
    expect(new Problem(409, { code: "last_owner", detail: "An organization keeps at least one owner." }).message).toBe("An organization keeps at least one owner.");
    expect(new Problem(503, {}).message).toMatch(/Nothing is lost/);
    expect(explain(new Error("x is undefined"))).not.toMatch(/undefined/);
  });

  it("says which permission was missing", () => {
    const refused = new Problem(403, { code: "permission_denied", detail: "This needs the permission members:remove.", permission: "members:remove" });
    expect(refused.message).toBe("Your role does not allow this. This needs the permission members:remove.");
    expect(refused.permission).toBe("members:remove");
    expect(new Problem(403, { code: "role_above_own", detail: "You cannot give what you may not do yourself." }).message).toBe("You cannot give what you may not do yourself.");
    expect(new Problem(403, {}).permission).toBeUndefined();
  });

  it("reads Retry-After and the request id", () => {
    const problem = problemOf(new Response(null, { status: 429, headers: { "Retry-After": "12" } }), { request_id: "r1" });
    expect(problem).toMatchObject({ retryAfterSeconds: 12, requestId: "r1", temporary: true });
    expect(problem.message).toContain("12 seconds");
  });

  it("copes with an answer that is no problem document", () => {
    expect(problemOf(new Response(null, { status: 502 }), "<html>").message).toMatch(/not answering/);
  });
});
