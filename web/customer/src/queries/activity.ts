import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import { unwrap, type Api } from "../api/client";
import { useDoors } from "../session/doors";
import { save } from "./save";
import { at } from "./cursor";

/** What narrows the log, as the page's address holds it; days are the reader's own. */
export interface ActivitySearch {
  actor?: string | undefined;
  action?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  search?: string | undefined;
}

/** The same as the API asks for it. */
export function filtersOf({ actor, action, from, to, search }: ActivitySearch) {
  return {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(search !== undefined && { search }),
    ...(from !== undefined && { since: startOf(from, 0) }),
    ...(to !== undefined && { until: startOf(to, 1) }),
  };
}

/** The instant at which a local day begins, or the day so many after it. */
function startOf(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}

export function activityQuery(api: Api, search: ActivitySearch) {
  return infiniteQueryOptions({
    queryKey: ["activity", search],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/activity", { params: { query: { limit: 50, ...filtersOf(search), ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

/** Downloads everything that matches as a file. */
export function useActivityExport(search: ActivitySearch) {
  const { api } = useDoors();
  return useMutation({
    mutationFn: async (format: "csv" | "json") => {
      const query = { ...filtersOf(search), format };
      const blob: Blob = await unwrap(api.GET("/v1/activity", { params: { query }, parseAs: "blob" }));
      save(blob, `activity.${format}`);
    },
  });
}
