import type { Activity } from "../../api/client";
import { roleName } from "../../queries/me";

/** What somebody did; `{}` stands for what they did it to. What is not here is told by its code. */
const DEEDS: Record<string, string> = {
  "organization.created": "created the organization {}",
  "organization.updated": "changed the organization {}",
  "organization.logo_changed": "changed the organization's logo",
  "organization.deleted": "deleted the organization {}",
  "organization.restored": "restored the organization {}",
  "organization.suspended": "suspended the organization {}",
  "organization.reactivated": "reactivated the organization {}",
  "organization.transferred": "handed the organization over to {}",
  "member.joined": "joined",
  "member.role_changed": "changed the role of {}",
  "member.removed": "removed {}",
  "member.left": "left",
  "invitation.created": "invited {}",
  "invitation.resent": "sent the invitation of {} again",
  "invitation.revoked": "took back the invitation of {}",
  "invitation.expired": "let the invitation of {} run out",
  "seats.changed": "changed the number of seats",
  "sso.updated": "set single sign-on to {}",
  "sso.removed": "turned single sign-on with {} off",
  "sso.domain_added": "claimed the domain {}",
  "sso.domain_verified": "verified the domain {}",
  "sso.domain_removed": "let go of the domain {}",
  "activity.erased": "erased names and addresses from this log",
};

export interface Deed {
  before: string;
  subject: string | null;
  after: string;
}

/** The sentence after the actor's name, cut where the subject stands in it. */
export function deedOf({ action, subject }: Activity): Deed {
  const words = DEEDS[action] ?? `${action.replaceAll(/[._]/g, " ")} {}`;
  const [before = "", after] = words.split("{}");
  return { before, subject: after === undefined ? null : (subject.label ?? "somebody who was erased"), after: after ?? "" };
}

const SYSTEMS: Record<string, string> = { teams: "Automatically", billing: "Billing" };

export function actorName({ type, id, name }: Activity["actor"]): string {
  if (name !== null) return name;
  if (type === "admin") return "ObjectaLabs support";
  if (type === "key") return "An API key";
  if (type === "system") return SYSTEMS[id] ?? "ObjectaLabs";
  return "Somebody who was erased";
}

export interface Change {
  name: string;
  before: string;
  after: string;
}

/** What changed, field by field. */
export function changesOf({ before, after }: Activity): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => ({ name: name.replaceAll("_", " "), before: valueOf(name, before[name]), after: valueOf(name, after[name]) }));
}

function valueOf(name: string, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return name === "role" ? roleName(value) : value;
  return JSON.stringify(value);
}

export const KINDS = [
  { value: "organization", label: "Organization" },
  { value: "member", label: "Members" },
  { value: "invitation", label: "Invitations" },
  { value: "seats", label: "Seats" },
  { value: "sso", label: "Single sign-on" },
  { value: "sso", label: "Single sign-on" },
  { value: "activity", label: "This log" },
];
