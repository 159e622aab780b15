import createClient, { type Client } from "openapi-fetch";
import { problemOf } from "../../../shared/api/problem";
import type { components, paths } from "./schema";

export type Api = Client<paths, "application/json">;
type Schemas = components["schemas"];
export type Home = Schemas["Home"];
export type Me = Schemas["MeAnswer"];
export type Member = Schemas["MemberAnswer"];
export type Role = Schemas["Role"];
export type OwnRole = Schemas["RoleAnswer"];
export type RoleDryRun = Schemas["DryRunAnswer"];
export type Explanation = Schemas["ExplanationAnswer"];
export type ApiKey = Schemas["ListedApiKeyAnswer"];
export type NewApiKey = Schemas["NewApiKeyAnswer"];
export type ServiceAccount = Schemas["ListedServiceAccountAnswer"];
export type Permission = Schemas["Permission"];
export type Invitation = Schemas["InvitationAnswer"];
export type InvitationPreview = Schemas["PreviewAnswer"];
export type Organization = Schemas["OrganizationAnswer"];
export type BulkResult = Schemas["BulkRow"];
export type Activity = Schemas["ActivityAnswer"];
export type Notification = Schemas["NotificationView"];
export type AnalyticsOverview = Schemas["OverviewView"];
export type AnalyticsDay = Schemas["DayView"];
export type Sso = Schemas["SsoAnswer"];
export type SsoDomain = Schemas["SsoDomainAnswer"];
export type Tokens = Schemas["SessionTokens"];
export type Challenge = Schemas["ChallengeAnswer"];
export type Device = Schemas["SessionAnswer"];
export type Mfa = Schemas["MfaAnswer"];
export type Enrolment = Schemas["EnrolmentAnswer"];

/** A client whose calls all go through `transport`. */
export function createApi(transport: (request: Request) => Promise<Response>, baseUrl: string): Api {
  return createClient<paths, "application/json">({ baseUrl, fetch: transport });
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; throws `Problem` for any other. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw problemOf(response, error);
}
