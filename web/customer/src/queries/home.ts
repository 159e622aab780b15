import { queryOptions } from "@tanstack/react-query";
import { unwrap, type Api, type Home } from "../api/client";

/** A part of the first page, as a gap names it. */
export type Part = Home["gaps"][number]["part"];

const SOON_MS = 5_000;

/** All figures of the first page in one request. A part that is away is null, and a gap says why. */
export function homeQuery(api: Api) {
  return queryOptions({
    queryKey: ["home"],
    queryFn: () => unwrap(api.GET("/v1/home")),
    refetchInterval: ({ state }) => (state.data?.gaps.some(({ status }) => status >= 500) ? SOON_MS : false),
  });
}

/** Why a part is not there: not for this reader, or not at this moment. */
export function missing(home: Home, part: Part): "denied" | "away" | null {
  const gap = home.gaps.find((one) => one.part === part);
  if (gap === undefined) return null;
  return gap.status === 403 ? "denied" : "away";
}
