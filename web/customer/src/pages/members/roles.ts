import { useQuery } from "@tanstack/react-query";
import type { OwnRole } from "../../api/client";
import { useMe } from "../../queries/me";
import { rolesQuery } from "../../queries/access";
import { useDoors } from "../../session/doors";

/** The roles, built in and own, that the reader can give: nobody grants what they do not hold. */
export function useGrantable(): OwnRole[] {
  const { api } = useDoors();
  const { permissions } = useMe();
  const roles = useQuery(rolesQuery(api));
  return (roles.data ?? []).filter((role) => role.permissions.every((permission) => permissions.includes(permission)));
}
