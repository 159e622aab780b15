import { queryOptions } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { unwrap, type Api, type Me, type Permission } from "../api/client";

export function meQuery(api: Api) {
  return queryOptions({ queryKey: ["me"], queryFn: () => unwrap(api.GET("/v1/me")), staleTime: 60_000 });
}

/** The shell puts in here what it waited for, so that no page below ever sees it missing. */
export const MeContext = createContext<Me | null>(null);

/** Who is here, where, and what they may do. Only below the shell. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("useMe outside of the shell");
  return me;
}

/** Whether the current role may do something; where not, `WhyNot` says why and who could change that. */
export function useAllowed(permission: Permission): { allowed: boolean } {
  return { allowed: useMe().permissions.includes(permission) };
}

const ROLE_NAMES: Record<string, string> = {
  owner: "Owner",
  admin: "Admin",
  billing_manager: "Billing manager",
  member: "Member",
  viewer: "Viewer",
};

export function roleName(role: string): string {
  return ROLE_NAMES[role] ?? role;
}

/** A role within a sentence: built-in ones in lower case, own ones as they were named. */
export function spokenRole(role: string | null, name: string | null): string {
  return role !== null && role in ROLE_NAMES ? roleName(role).toLowerCase() : (name ?? "none yet");
}

export const ROLES = [
  { value: "owner", says: "Everything, including handing the organization over" },
  { value: "admin", says: "Manages people, invitations and the organization" },
  { value: "billing_manager", says: "Sees the team and looks after billing" },
  { value: "member", says: "Works here and sees the team" },
  { value: "viewer", says: "Looks, changes nothing" },
] as const;
