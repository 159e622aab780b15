import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { unwrap, type Api } from "../api/client";
import { useDoors } from "../session/doors";
import { at } from "./cursor";

export function mfaQuery(api: Api) {
  return queryOptions({ queryKey: ["mfa"], queryFn: () => unwrap(api.GET("/v1/auth/mfa")) });
}

export function devicesQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["devices"],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/auth/sessions", { params: { query: { limit: 25, ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Reads again what a change of the account shows in. */
export function useAccountChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await Promise.all([["me"], ["mfa"], ["devices"]].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
}

export function useSignOutDevice() {
  const { api } = useDoors();
  const changed = useAccountChanged();
  return useMutation({
    mutationFn: (session_id: string) => unwrap(api.DELETE("/v1/auth/sessions/{session_id}", { params: { path: { session_id } } })),
    onSettled: changed,
  });
}

export function useSignOutOthers() {
  const { api } = useDoors();
  const changed = useAccountChanged();
  return useMutation({ mutationFn: () => unwrap(api.POST("/v1/auth/sessions/revoke-others")), onSettled: changed });
}
