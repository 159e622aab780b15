import { infiniteQueryOptions, queryOptions, useMutation, type QueryClient } from "@tanstack/react-query";
import { unwrap, type Api } from "../api/client";
import { useDoors } from "../session/doors";
import { at } from "./cursor";

export function notificationsQuery(api: Api, unread: boolean) {
  return infiniteQueryOptions({
    queryKey: ["notifications", "list", { unread }],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/v1/notifications", { params: { query: { limit: 25, ...(unread ? { unread } : {}), ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

const UNREAD = ["notifications", "unread"];

export function unreadQuery(api: Api) {
  return queryOptions({ queryKey: UNREAD, queryFn: () => unwrap(api.GET("/v1/notifications/unread-count")) });
}

/** Moves the badge at once; the server's count follows. */
export function shiftUnread(queries: QueryClient, by: number): void {
  queries.setQueryData<{ unread_count: number }>(UNREAD, (old) => old && { ...old, unread_count: Math.max(0, old.unread_count + by) });
}

/** Marks one as read or unread again. The list shows it at once and goes back if the server refuses. */
export function useMarkRead() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: ({ id, read }: { id: string; read: boolean }) => {
      const params = { path: { notification_id: id } };
      return read
        ? unwrap(api.POST("/v1/notifications/{notification_id}/read", { params }))
        : unwrap(api.POST("/v1/notifications/{notification_id}/unread", { params }));
    },
    onMutate: ({ read }) => {
      shiftUnread(queries, read ? -1 : 1);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["notifications"] }),
  });
}

export function useMarkAllRead() {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/v1/notifications/read-all")),
    onSettled: () => queries.invalidateQueries({ queryKey: ["notifications"] }),
  });
}
