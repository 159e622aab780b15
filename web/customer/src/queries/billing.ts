import { infiniteQueryOptions, queryOptions, useMutation } from "@tanstack/react-query";
import { Problem } from "../../../shared/api/problem";
import type { Interval, Operation, Subscription } from "../api/billing";
import { unwrap, type Api } from "../api/client";
import { useDoors } from "../session/doors";
import { at } from "./cursor";

const SOON_MS = 1_500;

export function plansQuery(api: Api) {
  return queryOptions({ queryKey: ["billing", "plans"], queryFn: () => unwrap(api.GET("/v1/billing/plans")), staleTime: 300_000 });
}

/** Null in the first seconds of an organization, while its subscription is being set up; read again until what is on its way has arrived. */
export function subscriptionQuery(api: Api) {
  return queryOptions({
    queryKey: ["billing", "subscription"],
    queryFn: () => subscription(api),
    refetchInterval: ({ state }) => (state.data === null || state.data?.pending_operation != null ? SOON_MS : false),
  });
}

async function subscription(api: Api): Promise<Subscription | null> {
  try {
    return await unwrap(api.GET("/v1/billing/subscription"));
  } catch (refused) {
    if (refused instanceof Problem && refused.code === "subscription_not_ready") return null;
    throw refused;
  }
}

export function entitlementsQuery(api: Api) {
  return queryOptions({ queryKey: ["billing", "entitlements"], queryFn: () => unwrap(api.GET("/v1/billing/entitlements")) });
}

export function invoicesQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["billing", "invoices"],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/billing/invoices", { params: { query: { limit: 12, ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

export interface Change {
  plan: string;
  interval: Interval;
  seats: number | null;
  payment_method: string | null;
}

/** The answer is the subscription, or the operation to follow where Stripe takes longer. */
function useWrite<Input>(write: (api: Api, input: Input) => Promise<Subscription | Operation>) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (input: Input) => write(api, input),
    onSettled: () => queries.invalidateQueries({ queryKey: ["billing"] }),
  });
}

/** Buys from Free; changes what is paid for, if it is still as it was seen. */
export function useChangePlan(now: Subscription) {
  return useWrite((api, body: Change) => {
    if (now.mrr.amount === 0) return unwrap(api.POST("/v1/billing/subscription", { body }));
    const header = { "If-Match": `"${String(now.version)}"` };
    return unwrap(api.PATCH("/v1/billing/subscription", { params: { header }, body }));
  });
}

export function useCancel() {
  return useWrite((api) => unwrap(api.POST("/v1/billing/subscription/cancel")));
}

export function useResume() {
  return useWrite((api) => unwrap(api.POST("/v1/billing/subscription/resume")));
}

export function isOperation(answer: Subscription | Operation): answer is Operation {
  return "operation_id" in answer;
}
