import { describe, expect, it } from "vitest";
import { addressesOf } from "../src/pages/members/addresses";

describe("addresses of a pasted list", () => {
  it("separates lines, commas, semicolons and spaces", () => {
    expect(addressesOf("a@x.org\nb@x.org, c@x.org; d@x.org e@x.org\n\n")).toEqual(["a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org"]);
  });
  it("takes the address out of Name <address>", () => {
    expect(addressesOf("Ada Lovelace <ada@x.org>, Grace <grace@x.org>")).toEqual(["ada@x.org", "grace@x.org"]);
  });
  it("names each once, whatever its case", () => {
    expect(addressesOf("A@x.org a@X.org")).toHaveLength(1);
  });
  it("keeps what is no address, so that it is told of", () => {
    expect(addressesOf("nonsense")).toEqual(["nonsense"]);
  });
  it("finds nothing in nothing", () => {
    expect(addressesOf(" \n , ;")).toEqual([]);
  });
});
