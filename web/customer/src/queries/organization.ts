import { queryOptions, useMutation } from "@tanstack/react-query";
import { unwrap, type Api, type Organization } from "../api/client";
import { enter, useDoors } from "../session/doors";

export function organizationQuery(api: Api) {
  return queryOptions({ queryKey: ["organization"], queryFn: () => unwrap(api.GET("/v1/organization")) });
}

/** Organizations of the reader that wait for their end. */
export function deletedOrganizationsQuery(api: Api) {
  return queryOptions({ queryKey: ["organizations", "deleted"], queryFn: () => unwrap(api.GET("/v1/organizations/deleted")) });
}

export interface OrganizationChange {
  name?: string;
  slug?: string;
  locale?: string;
  time_zone?: string;
}

/** What is null stays as it is. */
export const UNCHANGED = { name: null, slug: null, locale: null, time_zone: null, require_mfa: null };

export function useUpdateOrganization() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: ({ read, change }: { read: Organization; change: OrganizationChange }) =>
      unwrap(api.PATCH("/v1/organization", { params: { header: { "If-Match": `"${String(read.version)}"` } }, body: { ...UNCHANGED, ...change } })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["organization"] }), queries.invalidateQueries({ queryKey: ["me"] })]),
  });
}

/** The file as it is: what it is, the server reads from its content. */
const AS_IT_IS = { headers: { "Content-Type": "application/octet-stream" }, bodySerializer: (file: unknown) => file as File };

export function useUploadLogo() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: ({ read, file }: { read: Organization; file: File }) =>
      unwrap(
        api.PUT("/v1/organization/logo", {
          params: { header: { "If-Match": `"${String(read.version)}"` } },
          // The document says "binary", for which TypeScript has no better word than string.
          body: file as unknown as string,
          ...AS_IT_IS,
        }),
      ),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["organization"] }), queries.invalidateQueries({ queryKey: ["me"] })]),
  });
}

export function useRemoveLogo() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (read: Organization) => unwrap(api.DELETE("/v1/organization/logo", { params: { header: { "If-Match": `"${String(read.version)}"` } } })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["organization"] }), queries.invalidateQueries({ queryKey: ["me"] })]),
  });
}

/** After a change that ended the token: the refresh token gives another, for an organization that is left, or for none. */
function useFreshToken() {
  const doors = useDoors();
  return async (): Promise<void> => {
    enter(doors, await unwrap(doors.api.POST("/v1/auth/refresh", { body: { refresh_token: null } })));
  };
}

export function useDeleteOrganization() {
  const { api } = useDoors();
  const fresh = useFreshToken();
  return useMutation({
    mutationFn: (confirmation: string) => unwrap(api.DELETE("/v1/organization", { body: { confirmation } })),
    onSuccess: fresh,
  });
}

export function useLeaveOrganization() {
  const { api } = useDoors();
  const fresh = useFreshToken();
  return useMutation({ mutationFn: () => unwrap(api.POST("/v1/organization/leave")), onSuccess: fresh });
}

export function useTransferOwnership() {
  const { api } = useDoors();
  const fresh = useFreshToken();
  return useMutation({
    mutationFn: (body: { user_id: string; password: string | null }) => unwrap(api.POST("/v1/organization/transfer-ownership", { body })),
    onSuccess: fresh,
  });
}

export function useRestoreOrganization() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (id: string) => unwrap(api.POST("/v1/organizations/{organization_id}/restore", { params: { path: { organization_id: id } } })),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["organizations"] }), queries.invalidateQueries({ queryKey: ["me"] })]),
  });
}
