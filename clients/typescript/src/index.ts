import createFetchClient, { type Client } from "openapi-fetch";
import type { Credentials } from "./credentials.ts";
import type { components, paths } from "./schema.ts";
import { defaultPatience, sender, type Patience } from "./sending.ts";

export { ApiProblem, type WrongField } from "./problem.ts";
export type { ApiKey, Credentials, Session } from "./credentials.ts";
export type { Patience } from "./sending.ts";
export type { components, operations, paths } from "./schema.ts";

/** A model of the API by its name: `Schema<"MemberAnswer">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export interface Options {
  /** Where the API is, e.g. `https://app.example.com`. */
  baseUrl: string;
  /** May be changed at any time, e.g. after signing in. */
  credentials?: Credentials;
  patience?: Partial<Patience>;
  fetch?: (request: Request) => Promise<Response>;
}

/** openapi-fetch's typed `GET`, `POST`, …; answers that are no success are thrown as ApiProblem, so `data` is there. */
export interface ObjectaLabs extends Client<paths> {
  credentials: Credentials | undefined;
}

export function createClient(options: Options): ObjectaLabs {
  const baseUrl = options.baseUrl.replace(/\/+$/, "");
  const send = sender({
    baseUrl,
    patience: { ...defaultPatience, ...options.patience },
    fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    credentials: () => client.credentials,
  });
  const client: ObjectaLabs = Object.assign(createFetchClient<paths>({ baseUrl, fetch: send }), {
    credentials: options.credentials,
  });
  return client;
}

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/**
 * Each item of a list, asking for the next page when it is needed:
 * `for await (const member of every((cursor) => client.GET("/v1/members", { params: { query: { cursor } } })))`
 */
export async function* every<Item>(
  ask: (cursor: string | undefined) => Promise<{ data?: Page<Item> }>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined;
  do {
    const { data } = await ask(cursor);
    yield* data?.items ?? [];
    cursor = data?.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

/** The `If-Match` of a thing that was read with this `version`. */
export function etag(version: number): string {
  return `"${version}"`;
}
