import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { unwrap, type Api } from "../api/client";

const REFRESH_MS = 10_000;

export interface Days {
  from: string | undefined;
  to: string | undefined;
}

/** The overview of a period of local days; read again while somebody looks, because today goes on. */
export function overviewQuery(api: Api, { from, to }: Days) {
  return queryOptions({
    queryKey: ["analytics", "overview", from ?? "", to ?? ""],
    queryFn: () =>
      unwrap(api.GET("/v1/analytics/overview", { params: { query: { ...(from ? { from } : {}), ...(to ? { to } : {}) } } })),
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
}

/** Compares every raw event with the counts: read when somebody asks for it. */
export function integrityQuery(api: Api) {
  return queryOptions({
    queryKey: ["analytics", "integrity"],
    queryFn: () => unwrap(api.GET("/v1/analytics/integrity")),
    enabled: false,
  });
}
