import { queryOptions, useMutation } from "@tanstack/react-query";
import { unwrap, type Api, type Sso, type SsoDomain } from "../api/client";
import { useDoors } from "../session/doors";

const KEY = ["sso"];

export function ssoQuery(api: Api) {
  return queryOptions({ queryKey: KEY, queryFn: () => unwrap(api.GET("/v1/organization/sso")) });
}

export interface WantedSso {
  issuer: string;
  client_id: string;
  client_secret: string | null;
  default_role: string;
  enforced: boolean;
  require_mfa_claim: boolean;
}

function useWrite<Input, Output>(write: (api: Api, input: Input) => Promise<Output>) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (input: Input) => write(api, input),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useSetSso() {
  return useWrite((api, { read, wanted }: { read: Sso; wanted: WantedSso }) =>
    unwrap(
      api.PUT("/v1/organization/sso", {
        params: { header: { "If-Match": `"${String(read.version)}"` } },
        body: wanted,
      }),
    ),
  );
}

export function useRemoveSso() {
  return useWrite((api) => unwrap(api.DELETE("/v1/organization/sso")));
}

/** Asks the provider now; changes nothing. */
export function useTestSso() {
  const { api } = useDoors();
  return useMutation({ mutationFn: () => unwrap(api.POST("/v1/organization/sso/test")) });
}

export function useAddDomain() {
  return useWrite((api, domain: string) => unwrap(api.POST("/v1/organization/sso/domains", { body: { domain } })));
}

function path({ id }: SsoDomain) {
  return { params: { path: { domain_id: id } } };
}

export function useVerifyDomain() {
  return useWrite((api, domain: SsoDomain) => unwrap(api.POST("/v1/organization/sso/domains/{domain_id}/verify", path(domain))));
}

export function useRemoveDomain() {
  return useWrite((api, domain: SsoDomain) => unwrap(api.DELETE("/v1/organization/sso/domains/{domain_id}", path(domain))));
}
