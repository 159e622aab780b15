import { useQuery } from "@tanstack/react-query";
import type { Explanation, Permission } from "../api/client";
import { explanationQuery } from "../queries/access";
import { spokenRole, useMe } from "../queries/me";
import { useDoors } from "../session/doors";

const SHOWN = 3;

/** Why the reader may not do something: their role, what it lacks, and who could let them, as the server decides it. */
export function WhyNot({ permission }: { permission: Permission }) {
  const { api } = useDoors();
  const { role, role_name } = useMe();
  const { data } = useQuery(explanationQuery(api, permission));
  return (
    <>
      Your role here is {spokenRole(role, role_name)}. {data !== undefined && reasonOf(data)}
    </>
  );
}

/** The same about something that was refused, by the role as the server knows it; `otherwise` until that is known. */
export function WhyRefused({ permission, otherwise }: { permission: Permission; otherwise: string }) {
  const { api } = useDoors();
  const { data } = useQuery(explanationQuery(api, permission));
  return data === undefined ? otherwise : `Your role here is ${spokenRole(data.role.role, data.role.name)}. ${reasonOf(data)}`;
}

export function reasonOf({ allowed, description, granted_by }: Pick<Explanation, "allowed" | "description" | "granted_by">): string {
  if (allowed) return "It was changed a moment ago: reload the page.";
  const lacks = `It does not include “${description}”`;
  if (granted_by.length === 0) return `${lacks}, and nobody here can give you a role that does.`;
  return `${lacks}; ${listed(granted_by.map(({ name }) => name))} can give you a role that does.`;
}

function listed(names: string[]): string {
  const rest = names.length - SHOWN;
  const shown = rest > 0 ? [...names.slice(0, SHOWN), `${String(rest)} more`] : names;
  const [last, ...others] = shown.toReversed();
  return others.length === 0 ? (last ?? "") : `${others.toReversed().join(", ")} or ${last ?? ""}`;
}
