import createClient, { type Client } from "openapi-fetch";
import { Problem, problemOf } from "../../../shared/api/problem";
import type { components, paths } from "./schema";

export type Api = Client<paths>;
type Schemas = components["schemas"];
export type Tokens = Schemas["SessionTokens"];
export type Permission = Schemas["AdminPermission"];
export type Customer = Schemas["CustomerAnswer"];
export type CustomerPage = Schemas["CustomerPageAnswer"];
export type Overview = Schemas["OverviewAnswer"];
export type Shelf = Schemas["DeadLetterShelf"];
export type Group = Schemas["DeadLetterGroup"];
export type ReplayAnswer = Schemas["ReplayAnswer"];
export type AuditRow = Schemas["AuditAnswer"];
export type Erasure = Schemas["ErasureAnswer"];
export type Verification = Schemas["VerificationAnswer"];
export type Staff = Schemas["StaffAnswer"];
export type Money = Schemas["Money"];

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; throws `Problem` for any other, also for none at all. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call.catch((lost: unknown) => {
    if (lost instanceof DOMException && lost.name === "AbortError") throw lost;
    throw new Problem(0, {});
  });
  if (response.ok) return data as T;
  throw problemOf(response, error);
}

/** A client whose calls all go through `transport`. */
export function createApi(transport: (request: Request) => Promise<Response>): Api {
  return createClient<paths>({ baseUrl: window.location.origin, fetch: transport });
}
