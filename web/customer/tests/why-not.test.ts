import { describe, expect, it } from "vitest";
import { reasonOf } from "../src/ui/why-not";

const people = (...names: string[]) => names.map((name) => ({ name, user_id: name, email: `${name}@x.org` }));
const reason = (names: string[], allowed = false) => reasonOf({ allowed, description: "Invite people", granted_by: people(...names) });

describe("why somebody may not", () => {
  it("names who could let them", () => {
    expect(reason(["Ada"])).toBe("It does not include “Invite people”; Ada can give you a role that does.");
    expect(reason(["Ada", "Grace", "Joan"])).toContain("Ada, Grace or Joan can give");
  });
  it("names no more than three", () => {
    expect(reason(["Ada", "Grace", "Joan", "Mary", "Anita"])).toContain("Ada, Grace, Joan or 2 more can give");
  });
  it("says that nobody could", () => {
    expect(reason([])).toContain("nobody here can give you a role that does");
  });
  it("says that they may by now", () => {
    expect(reason(["Ada"], true)).toContain("reload the page");
  });
});
