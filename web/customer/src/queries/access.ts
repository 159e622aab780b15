import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { unwrap, type Api, type ApiKey, type OwnRole, type Permission, type ServiceAccount } from "../api/client";
import { useDoors } from "../session/doors";
import { at } from "./cursor";

/** Built-in roles and the organization's own: at most 55, so one page holds them. */
export function rolesQuery(api: Api) {
  return queryOptions({
    queryKey: ["roles"],
    queryFn: async () => (await unwrap(api.GET("/v1/roles", { params: { query: { limit: 100 } } }))).items,
    staleTime: 30_000,
  });
}

export function permissionsQuery(api: Api) {
  return queryOptions({
    queryKey: ["permissions"],
    queryFn: async () => (await unwrap(api.GET("/v1/permissions"))).permissions,
    staleTime: Infinity,
  });
}

/** Why the reader may or may not do something, and who could let them. */
export function explanationQuery(api: Api, permission: Permission) {
  return queryOptions({
    queryKey: ["roles", "explanation", permission],
    queryFn: () => unwrap(api.GET("/v1/permissions/explain", { params: { query: { permission } } })),
    staleTime: 30_000,
  });
}

export function apiKeysQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["api-keys"],
    queryFn: async ({ pageParam }) => {
      const page = await unwrap(api.GET("/v1/api-keys", { params: { query: { limit: 50, ...at(pageParam) } } }));
      const now = Date.now();
      return { ...page, items: page.items.map((key) => ({ ...key, over: key.expires_at !== null && Date.parse(key.expires_at) <= now })) };
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** A key, and whether its time was over when the list was read. */
export type ListedKey = ApiKey & { over: boolean };

export function serviceAccountsQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["service-accounts"],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/service-accounts", { params: { query: { limit: 50, ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

type Topic = "roles" | "api-keys" | "service-accounts";

function useWrite<Input, Output>(topics: Topic[], write: (api: Api, input: Input) => Promise<Output>) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (input: Input) => write(api, input),
    onSettled: () => Promise.all(topics.map((topic) => queries.invalidateQueries({ queryKey: [topic] }))),
  });
}

const asRead = ({ version }: { version: number }) => ({ "If-Match": `"${String(version)}"` });

export interface WantedRole {
  name: string;
  description: string;
  permissions: Permission[];
}

/** Makes a role, or changes the one given. */
export function useSaveRole() {
  return useWrite(["roles"], (api, { role, wanted }: { role: OwnRole | null; wanted: WantedRole }) =>
    role === null
      ? unwrap(api.POST("/v1/roles", { body: wanted }))
      : unwrap(api.PATCH("/v1/roles/{role_id}", { params: { path: { role_id: role.id }, header: asRead(role) }, body: wanted })),
  );
}

/** What saving would do to whom; changes nothing. */
export function useDryRun() {
  return useWrite([], (api, { role, permissions }: { role: OwnRole; permissions: Permission[] }) =>
    unwrap(api.POST("/v1/roles/{role_id}/dry-run", { params: { path: { role_id: role.id } }, body: { permissions } })),
  );
}

export function useDeleteRole() {
  return useWrite(["roles"], (api, { role, replacement }: { role: OwnRole; replacement: string | null }) =>
    unwrap(api.DELETE("/v1/roles/{role_id}", { params: { path: { role_id: role.id }, query: replacement === null ? {} : { replacement } } })),
  );
}

export interface WantedKey {
  name: string;
  permissions: Permission[] | null;
  service_account_id: string | null;
  /** How long it works; null: for ever. */
  days: number | null;
}

const DAY_MS = 86_400_000;

export function useCreateKey() {
  return useWrite(["api-keys", "service-accounts"], (api, { days, ...key }: WantedKey) => {
    const expires_at = days === null ? null : new Date(Date.now() + days * DAY_MS).toISOString();
    return unwrap(api.POST("/v1/api-keys", { body: { ...key, expires_at } }));
  });
}

export function useRotateKey() {
  return useWrite(["api-keys"], (api, { key, overlap_seconds }: { key: ApiKey; overlap_seconds: number }) =>
    unwrap(api.POST("/v1/api-keys/{key_id}/rotate", { params: { path: { key_id: key.id } }, body: { overlap_seconds } })),
  );
}

export function useRevokeKey() {
  return useWrite(["api-keys", "service-accounts"], (api, key: ApiKey) =>
    unwrap(api.DELETE("/v1/api-keys/{key_id}", { params: { path: { key_id: key.id } } })),
  );
}

export function useCreateAccount() {
  return useWrite(["service-accounts", "roles"], (api, body: { name: string; description: string; role: string }) =>
    unwrap(api.POST("/v1/service-accounts", { body })),
  );
}

export function useSwitchAccount() {
  return useWrite(["service-accounts"], (api, { account, state }: { account: ServiceAccount; state: "active" | "disabled" }) =>
    unwrap(
      api.PATCH("/v1/service-accounts/{account_id}", {
        params: { path: { account_id: account.id }, header: { "If-Match": "*" } },
        body: { name: null, description: null, role: null, state },
      }),
    ),
  );
}

export function useDeleteAccount() {
  return useWrite(["service-accounts", "api-keys", "roles"], (api, account: ServiceAccount) =>
    unwrap(api.DELETE("/v1/service-accounts/{account_id}", { params: { path: { account_id: account.id } } })),
  );
}
