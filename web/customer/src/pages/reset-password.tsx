import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCircleCheck, IconLinkOff } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { Problem } from "../../../shared/api/problem";
import { useDoors } from "../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../ui/form-error";
import { Note } from "../../../shared/ui/note";
import { newPassword } from "./account-forms";
import { useTokenFromAddress } from "./token-from-address";
import { Stack, VisitorPage } from "./visitor-form";

/** Chooses a new password by a mailed link; signing in, with a code where one is asked for, comes after. */
export function ResetPasswordPage() {
  const token = useTokenFromAddress("/reset-password");
  return token === null ? <NotGood says="This link is incomplete. Open it from the mail again." /> : <Choose token={token} />;
}

function Choose({ token }: { token: string }) {
  const doors = useDoors();
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" }, validate: { password: newPassword } });
  const choose = useMutation({
    mutationFn: ({ password }: { password: string }) => unwrap(doors.api.POST("/v1/auth/reset-password", { body: { token, password } })),
    onSuccess: () => { doors.session.end("signed_out"); },
    onError: (error) => { showFieldErrors(form, error, ["password"]); },
  });
  if (choose.isSuccess) return <Done />;
  if (choose.error instanceof Problem && (choose.error.status === 404 || choose.error.status === 410)) return <NotGood says={choose.error.message} />;
  return (
    <VisitorPage title="Choose a new password" says="Every device is signed out by this.">
      <Stack onSubmit={form.onSubmit((values) => { choose.mutate(values); }, goToFirst(form))}>
        <FormError error={choose.error} shown={form.errors} />
        <PasswordInput
          label="New password"
          description="At least 12 characters; a few words in a row work well."
          autoComplete="new-password"
          size="md"
          aria-invalid={form.errors["password"] !== undefined}
          key={form.key("password")}
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" loading={choose.isPending}>
          Set password
        </Button>
      </Stack>
    </VisitorPage>
  );
}

function Done() {
  return (
    <VisitorPage title="Your password is set">
      <Note icon={<IconCircleCheck />} title="Sign in with the new one" alert>
        <p>Every device was signed out. If you use two-step sign-in, have your authenticator ready.</p>
        <Button renderRoot={(props) => <Link {...props} to="/login" />}>Sign in</Button>
      </Note>
    </VisitorPage>
  );
}

function NotGood({ says }: { says: string }) {
  return (
    <VisitorPage title="Choose a new password">
      <Note icon={<IconLinkOff />} title="This link is no longer good" alert>
        <p>{says}</p>
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/forgot-password" />}>Ask for a new link</Button>
      </Note>
    </VisitorPage>
  );
}
