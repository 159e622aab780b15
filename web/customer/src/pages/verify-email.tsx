import { Button } from "@mantine/core";
import { IconCircleCheck, IconLinkOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { explain } from "../../../shared/api/problem";
import { useDoors, useSessionState } from "../session/doors";
import { FormError } from "../ui/form-error";
import { Note } from "../../../shared/ui/note";
import { useTokenFromAddress } from "./token-from-address";
import { Stack, VisitorPage } from "./visitor-form";

/**
 * Proves an address by its mailed link. A button, because programs that look through mail open links: they would prove an address
 * that nobody has read the mail of.
 */
export function VerifyEmailPage() {
  const token = useTokenFromAddress("/verify-email");
  const { api, queries } = useDoors();
  const verify = useMutation({
    mutationFn: (shown: string) => unwrap(api.POST("/v1/auth/verify-email", { body: { token: shown } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["me"] }),
  });
  if (token === null) return <NotGood says="This link is incomplete. Open it from the mail again." />;
  if (verify.isSuccess) return <Done email={verify.data.email} />;
  if (verify.isError && !isTemporary(verify.error)) return <NotGood says={explain(verify.error)} />;
  return (
    <VisitorPage title="Confirm your address" says="One click, and we know that this mailbox is yours.">
      <Stack onSubmit={(event) => { event.preventDefault(); verify.mutate(token); }}>
        <FormError error={verify.error} />
        <Button type="submit" size="md" loading={verify.isPending}>
          Confirm
        </Button>
      </Stack>
    </VisitorPage>
  );
}

function isTemporary(error: unknown): boolean {
  return error instanceof Error && "temporary" in error && error.temporary === true;
}

function Done({ email }: { email: string }) {
  return (
    <VisitorPage title="Your address is confirmed">
      <Note icon={<IconCircleCheck />} title={`${email} is yours`} alert>
        <p>You sign in with it, and mails about your account go there.</p>
        <Onward />
      </Note>
    </VisitorPage>
  );
}

function NotGood({ says }: { says: string }) {
  return (
    <VisitorPage title="Confirm your address">
      <Note icon={<IconLinkOff />} title="This link is no longer good" alert>
        <p>{says} You can have a new one sent from the console.</p>
        <Onward />
      </Note>
    </VisitorPage>
  );
}

function Onward() {
  const signedIn = useSessionState().status === "signed_in";
  return signedIn ? (
    <Button renderRoot={(props) => <Link {...props} to="/" />}>Go to home</Button>
  ) : (
    <Button renderRoot={(props) => <Link {...props} to="/login" />}>Sign in</Button>
  );
}
