import { beforeEach, describe, expect, it, vi } from "vitest";
import { identityOf, Session, type IssuedTokens, type TabMessage, type Tabs } from "../src/session/session";

/** Tabs of one browser: one lock, one channel, one refresh cookie. */
class Browser {
  readonly refresh = vi.fn<() => Promise<IssuedTokens | null>>();
  present = true;
  now = 1_000_000;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #listeners: ((message: TabMessage, from: object) => void)[] = [];

  open(): Session {
    const self = {};
    const tabs: Tabs = {
      exclusively: (run) => {
        const turn = this.#queue.then(run);
        this.#queue = turn.catch(() => undefined);
        return turn;
      },
      announce: (message) => {
        for (const listener of this.#listeners) listener(message, self);
      },
      listen: (listener) => {
        this.#listeners.push((message, from) => {
          if (from !== self) listener(message);
        });
      },
    };
    const remembered = { get: () => this.present, set: (present: boolean) => (this.present = present) };
    return new Session({ refresh: this.refresh, tabs, remembered, now: () => this.now });
  }
}

function tokens(name: string): IssuedTokens {
  return { access_token: name, expires_in: 600 };
}

let browser: Browser;

beforeEach(() => {
  browser = new Browser();
  browser.refresh.mockResolvedValueOnce(tokens("first")).mockResolvedValueOnce(tokens("second"));
});

describe("a session", () => {
  it("refreshes once however many ask", async () => {
    const session = browser.open();
    const got = await Promise.all([session.token(), session.token(), session.start(), session.renew("old")]);
    expect(got).toEqual(["first", "first", session.state, "first"]);
    expect(browser.refresh).toHaveBeenCalledTimes(1);
  });

  it("lets a tab that waited use what the other one got", async () => {
    const [one, two] = [browser.open(), browser.open()];
    expect(await Promise.all([one.token(), two.token()])).toEqual(["first", "first"]);
    expect(browser.refresh).toHaveBeenCalledTimes(1);
  });

  it("asks nobody when nothing is remembered", async () => {
    browser.present = false;
    const session = browser.open();
    expect(await session.start()).toEqual({ status: "signed_out", reason: null });
    expect(browser.refresh).not.toHaveBeenCalled();
  });

  it("takes up what a sign-in elsewhere left in the cookie, also in place of another person's", async () => {
    browser.present = false;
    const session = browser.open();
    await session.start();
    expect(await session.resume()).toMatchObject({ status: "signed_in", token: "first" });
    expect(browser.present).toBe(true);
    expect(await session.resume()).toMatchObject({ status: "signed_in", token: "second" });
  });

  it("keeps a token until half a minute before its end", async () => {
    const session = browser.open();
    await session.token();
    browser.now += 569_000;
    expect(await session.token()).toBe("first");
    browser.now += 1_000;
    expect(await session.token()).toBe("second");
  });

  it("answers a refusal of an older token with the one it has by now", async () => {
    const session = browser.open();
    await session.token();
    expect(await session.renew("an older one")).toBe("first");
    expect(await session.renew("first")).toBe("second");
  });

  it("ends everywhere when the refresh is refused", async () => {
    browser.refresh.mockReset().mockResolvedValueOnce(tokens("first")).mockResolvedValueOnce(null);
    const [one, two] = [browser.open(), browser.open()];
    await Promise.all([one.token(), two.token()]);
    expect(await one.renew("first")).toBeNull();
    expect(one.state).toEqual({ status: "signed_out", reason: "ended" });
    expect(two.state).toEqual({ status: "signed_out", reason: "ended" });
    expect(browser.present).toBe(false);
    expect(await two.token()).toBeNull();
  });

  it("stays as it is when there was no usable answer, and may try again", async () => {
    browser.refresh.mockReset().mockRejectedValueOnce(new Error("away")).mockResolvedValueOnce(tokens("later"));
    const session = browser.open();
    await expect(session.start()).rejects.toThrow("away");
    expect(session.state).toEqual({ status: "unknown" });
    expect(await session.token()).toBe("later");
  });

  it("is not ended by a refusal that was about the session before a new login", async () => {
    let refuse: (answer: null) => void = () => undefined;
    browser.refresh.mockReset().mockReturnValueOnce(new Promise((resolve) => (refuse = resolve)));
    const session = browser.open();
    const asked = session.token();
    await vi.waitFor(() => {
      expect(browser.refresh).toHaveBeenCalled();
    });
    session.adopt(tokens("fresh login"));
    refuse(null);
    expect(await asked).toBe("fresh login");
  });

  it("signs the other tabs in and out with it", () => {
    const [one, two] = [browser.open(), browser.open()];
    one.adopt(tokens("shared"));
    expect(two.state).toMatchObject({ status: "signed_in", token: "shared" });
    two.end("signed_out");
    expect(one.state).toEqual({ status: "signed_out", reason: "signed_out" });
  });
});

describe("the identity", () => {
  const token = (claims: object): string => `x.${btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_")}.y`;
  const of = (claims: object) => identityOf({ status: "signed_in", token: token(claims), expiresAt: 0 });

  it("is the person, the organization and the role, not the token", () => {
    expect(of({ sub: "ada", org: "engines", role: "owner", jti: "1" })).toBe(of({ sub: "ada", org: "engines", role: "owner", jti: "2" }));
    expect(of({ sub: "ada", org: "engines", role: "owner" })).not.toBe(of({ sub: "ada", org: "engines", role: "viewer" }));
    expect(of({ sub: "ada", org: "engines", role: "owner" })).not.toBe(of({ sub: "ada", org: "other", role: "owner" }));
  });

  it("is nobody when signed out", () => {
    expect(identityOf({ status: "signed_out", reason: null })).toBeNull();
  });
});
