import { Button } from "@mantine/core";
import { IconCircleCheck, IconLinkOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { explain, Problem } from "../../../shared/api/problem";
import { useDoors } from "../session/doors";
import { FormError } from "../ui/form-error";
import { Note } from "../../../shared/ui/note";
import { useTokenFromAddress } from "./token-from-address";
import { Stack, VisitorPage } from "./visitor-form";

/** Undoes a change of address that somebody else made. A button, because programs that look through mail open links. */
export function RestoreEmailPage() {
  const token = useTokenFromAddress("/restore-email");
  const doors = useDoors();
  const restore = useMutation({
    mutationFn: (shown: string) => unwrap(doors.api.POST("/v1/auth/restore-email", { body: { token: shown } })),
    onSuccess: () => { doors.session.end("signed_out"); },
  });
  if (token === null) return <NotGood says="This link is incomplete. Open it from the mail again." />;
  if (restore.isSuccess) return <Done email={restore.data.email} />;
  if (restore.error instanceof Problem && !restore.error.temporary) return <NotGood says={explain(restore.error)} />;
  return (
    <VisitorPage
      title="Was it not you?"
      says="Then somebody else is in your account. This brings your address back, signs every device out and voids the password; we mail you a link to choose a new one."
    >
      <Stack onSubmit={(event) => { event.preventDefault(); restore.mutate(token); }}>
        <FormError error={restore.error} />
        <Button type="submit" size="md" color="red" loading={restore.isPending}>
          Keep my address and sign everybody out
        </Button>
      </Stack>
    </VisitorPage>
  );
}

function Done({ email }: { email: string }) {
  return (
    <VisitorPage title="Your address is back">
      <Note icon={<IconCircleCheck />} title={`${email} is yours again`} alert>
        <p>Everybody was signed out. The link to choose a new password is in the mail we just sent there.</p>
      </Note>
    </VisitorPage>
  );
}

function NotGood({ says }: { says: string }) {
  return (
    <VisitorPage title="Undo a change of address">
      <Note icon={<IconLinkOff />} title="This link is no longer good" alert>
        <p>{says} If somebody else is in your account, choose a new password and write to our support.</p>
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/forgot-password" />}>Choose a new password</Button>
      </Note>
    </VisitorPage>
  );
}
