// A real OpenID Connect provider for tests: oidc-provider, with a sign-in page of one field and accounts that a test names.
//
// Usage: node provider.mjs <port>; the first line on stdout says that it listens.
// POST /test/accounts {login: claims}      who may sign in, and what is said about them ("amr" as they proved themselves)
// POST /test/clients [{client metadata}]   who may ask
// POST /test/options {address_in_id_token} whether the address stands in the ID token or in userinfo only
// POST /test/rotate                        sign with a new key from now on; the old one is gone
import { generateKeyPair, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { promisify } from "node:util";
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const accounts = new Map();
const state = { clients: [], addressInIdToken: true, keys: [await newKey()] };
let provider;
let answer;

async function newKey() {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" };
}

function begin() {
  provider = new Provider(issuer, {
    clients: state.clients,
    jwks: { keys: state.keys },
    cookies: { keys: ["only for tests"] },
    claims: { openid: ["sub", "amr"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: !state.addressInIdToken,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id)?.claims }) }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
  });
  answer = provider.callback();
}

const commands = {
  "/test/accounts": (body) => {
    for (const [login, { sub, ...claims }] of Object.entries(body)) accounts.set(sub, { login, claims });
  },
  "/test/clients": (body) => {
    state.clients = body;
    begin();
  },
  "/test/options": (body) => {
    state.addressInIdToken = body.address_in_id_token;
    begin();
  },
  "/test/rotate": async () => {
    state.keys = [await newKey()];
    begin();
  },
};

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

const PAGE = (hint) => `<!doctype html><html lang="en"><title>Test provider</title><h1>Test provider</h1>
<form method="post"><label>Login <input name="login" value="${hint}"></label><button name="what" value="go">Continue</button>
<button name="what" value="no">Cancel</button></form></html>`;

async function signIn(request, response) {
  if (request.method === "GET") {
    const { params } = await provider.interactionDetails(request, response);
    const hint = String(params.login_hint ?? "").replaceAll(/[^\w@.+-]/g, "");
    response.setHeader("Content-Type", "text/html").end(PAGE(hint));
    return;
  }
  const form = new URLSearchParams(await read(request));
  const found = [...accounts].find(([, account]) => account.login === form.get("login"));
  const denied = form.get("what") === "no" || found === undefined;
  const result = denied ? { error: "access_denied" } : { login: { accountId: found[0], amr: found[1].claims.amr } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

async function serve(request, response) {
  const command = commands[request.url];
  if (command !== undefined) {
    const body = await read(request);
    await command(body === "" ? null : JSON.parse(body));
    response.writeHead(204).end();
  } else if (request.url.startsWith("/sign-in/")) {
    await signIn(request, response);
  } else {
    answer(request, response);
  }
}

begin();
createServer((request, response) => {
  serve(request, response).catch((error) => response.writeHead(500).end(String(error)));
}).listen(port, "127.0.0.1", () => console.log(`listening at ${issuer}`));
