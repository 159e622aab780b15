import { infiniteQueryOptions, useMutation } from "@tanstack/react-query";
import { unwrap, type Api, type Member } from "../api/client";
import { useDoors } from "../session/doors";
import { at } from "./cursor";

export function membersQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["members"],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/members", { params: { query: { limit: 50, ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function invitationsQuery(api: Api) {
  return infiniteQueryOptions({
    queryKey: ["invitations"],
    queryFn: ({ pageParam }) => unwrap(api.GET("/v1/invitations", { params: { query: { limit: 50, ...at(pageParam) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
}

function useWrite<Input, Output>(topic: "members" | "invitations", write: (api: Api, input: Input) => Promise<Output>) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (input: Input) => write(api, input),
    onSettled: () => queries.invalidateQueries({ queryKey: [topic] }),
  });
}

export function useChangeRole() {
  return useWrite("members", (api, { member, role }: { member: Member; role: string }) =>
    unwrap(
      api.PATCH("/v1/members/{user_id}", {
        params: { path: { user_id: member.user_id }, header: { "If-Match": `"${String(member.version)}"` } },
        body: { role },
      }),
    ),
  );
}

export function useRemoveMember() {
  return useWrite("members", (api, member: Member) =>
    unwrap(api.DELETE("/v1/members/{user_id}", { params: { path: { user_id: member.user_id } } })),
  );
}

export function useInvite() {
  return useWrite("invitations", (api, body: { email: string; role: string }) => unwrap(api.POST("/v1/invitations", { body })));
}

export function useInviteMany() {
  return useWrite("invitations", (api, invitations: { email: string; role: string }[]) =>
    unwrap(api.POST("/v1/invitations/bulk", { body: { invitations } })),
  );
}

export function useResendInvitation() {
  return useWrite("invitations", (api, id: string) =>
    unwrap(api.POST("/v1/invitations/{invitation_id}/resend", { params: { path: { invitation_id: id } } })),
  );
}

export function useRevokeInvitation() {
  return useWrite("invitations", (api, id: string) =>
    unwrap(api.DELETE("/v1/invitations/{invitation_id}", { params: { path: { invitation_id: id } } })),
  );
}
