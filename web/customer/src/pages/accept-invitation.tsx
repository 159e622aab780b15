import { Button } from "@mantine/core";
import { IconLinkOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { explain, Problem } from "../../../shared/api/problem";
import { useDoors, useSessionState } from "../session/doors";
import { FailureNote } from "../ui/failure";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { Invitation } from "./invitation";
import { useTokenFromAddress } from "./token-from-address";
import { VisitorPage } from "./visitor-form";

export function AcceptInvitationPage() {
  const token = useTokenFromAddress("/invitations/accept");
  return token === null ? <Incomplete /> : <Preview token={token} />;
}

function Incomplete() {
  return (
    <VisitorPage title="Join an organization">
      <Note icon={<IconLinkOff />} title="This link is incomplete">
        <p>Open the link in the invitation e-mail again, or copy the whole of it into the address bar.</p>
        <HomeButton />
      </Note>
    </VisitorPage>
  );
}

function Preview({ token }: { token: string }) {
  const { api } = useDoors();
  const preview = useQuery({
    queryKey: ["invitation-preview", token],
    queryFn: () => unwrap(api.POST("/v1/invitations/preview", { body: { token } })),
    staleTime: Infinity,
    gcTime: 0,
  });
  if (preview.data) return <Invitation token={token} preview={preview.data} />;
  if (preview.isPending) return <Loading />;
  if (preview.error instanceof Problem && preview.error.temporary) return <FailureNote error={preview.error} again={() => void preview.refetch()} />;
  return <NotGood error={preview.error} />;
}

function NotGood({ error }: { error: unknown }) {
  return (
    <VisitorPage title="Join an organization">
      <Note icon={<IconLinkOff />} title="This invitation is no longer good" alert>
        <p>{explain(error)} Ask the person who invited you if you need a new one.</p>
        <HomeButton />
      </Note>
    </VisitorPage>
  );
}

function HomeButton() {
  const navigate = useNavigate();
  const signedIn = useSessionState().status === "signed_in";
  return (
    <Button variant="default" onClick={() => void navigate({ to: signedIn ? "/" : "/login" })}>
      {signedIn ? "Go to home" : "Sign in"}
    </Button>
  );
}
