import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { unwrap, type InvitationPreview, type Tokens } from "../api/client";
import { meQuery } from "../queries/me";
import { enter, leave, useDoors, useSessionState } from "../session/doors";
import { FailureNote } from "../ui/failure";
import { FormError } from "../ui/form-error";
import { Logo } from "../ui/logo";
import { Loading } from "../../../shared/ui/loading";
import { When } from "../../../shared/ui/when";
import { LoginForm, SignupForm } from "./account-forms";
import styles from "./invitation.module.css";
import { VisitorPage } from "./visitor-form";

interface Invited {
  token: string;
  preview: InvitationPreview;
}

/** What the invitation is, and the way in that fits who is looking at it. */
export function Invitation({ token, preview }: Invited) {
  const signedIn = useSessionState().status === "signed_in";
  const { organization_name, inviter_name, role_name, email, expires_at, logo_url } = preview;
  return (
    <VisitorPage title={`Join ${organization_name}`} above={logo_url === null ? undefined : <Logo url={logo_url} size="lg" />} says={`${inviter_name} invites you to work together.`}>
      <dl className={styles["facts"]}>
        <dt>For</dt>
        <dd>{email}</dd>
        <dt>Role</dt>
        <dd>{role_name}</dd>
        <dt>Good until</dt>
        <dd>
          <When at={expires_at} />
        </dd>
      </dl>
      {signedIn ? <AsMe token={token} preview={preview} /> : <AsVisitor token={token} preview={preview} />}
    </VisitorPage>
  );
}

/** Puts the organization's tokens to use and goes there. */
function useEnter() {
  const doors = useDoors();
  const navigate = useNavigate();
  return async (tokens: Tokens): Promise<void> => {
    enter(doors, tokens);
    await navigate({ to: "/" });
  };
}

function useAccept(token: string) {
  const { api } = useDoors();
  const go = useEnter();
  return useMutation({ mutationFn: () => unwrap(api.POST("/v1/invitations/accept", { body: { token } })), onSuccess: go });
}

function AsVisitor({ token, preview }: Invited) {
  const doors = useDoors();
  const go = useEnter();
  if (!preview.account_exists) return <SignupForm invitation={{ email: preview.email, token }} button={`Join ${preview.organization_name}`} onDone={go} />;
  // Signed in, the page turns into `AsMe`, whose button accepts: an account is never moved into an organization by its login alone.
  return <LoginForm email={preview.email} button="Sign in to join" onDone={(tokens) => { enter(doors, tokens); }} />;
}

function AsMe({ token, preview }: Invited) {
  const { api } = useDoors();
  const me = useQuery(meQuery(api));
  const accept = useAccept(token);
  if (!me.data) return me.error ? <FailureNote error={me.error} again={() => void me.refetch()} /> : <Loading rows={1} />;
  if (me.data.user.email.toLowerCase() !== preview.email.toLowerCase()) return <WrongAccount email={me.data.user.email} preview={preview} />;
  return (
    <div className={styles["choice"]}>
      <FormError error={accept.error} />
      <Button size="md" loading={accept.isPending} onClick={() => { accept.mutate(); }}>
        Join {preview.organization_name}
      </Button>
      <p>You are signed in as {me.data.user.email}.</p>
    </div>
  );
}

function WrongAccount({ email, preview }: { email: string; preview: InvitationPreview }) {
  const doors = useDoors();
  const navigate = useNavigate();
  const logout = useMutation({ mutationFn: () => leave(doors) });
  return (
    <div className={styles["choice"]}>
      <p role="alert">
        You are signed in as <strong>{email}</strong>, but this invitation is for <strong>{preview.email}</strong>. Only that address can accept it.
      </p>
      <Button size="md" loading={logout.isPending} onClick={() => { logout.mutate(); }}>
        Switch to {preview.email}
      </Button>
      <Button size="md" variant="default" onClick={() => void navigate({ to: "/" })}>
        Stay as {email}
      </Button>
    </div>
  );
}
