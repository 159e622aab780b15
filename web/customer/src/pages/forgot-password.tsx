import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { useDoors } from "../session/doors";
import { FormError, goToFirst } from "../ui/form-error";
import { Note } from "../../../shared/ui/note";
import { address } from "./account-forms";
import { Below, Stack, VisitorPage } from "./visitor-form";

/** Asks for a link to choose a new password. What it says next does not tell whether the address has an account. */
export function ForgotPasswordPage() {
  const { api } = useDoors();
  const form = useForm({ mode: "uncontrolled", initialValues: { email: "" }, validate: { email: address } });
  const ask = useMutation({
    mutationFn: ({ email }: { email: string }) => unwrap(api.POST("/v1/auth/forgot-password", { body: { email: email.trim() } })),
  });
  if (ask.isSuccess) return <Sent email={ask.variables.email.trim()} again={ask.reset} />;
  return (
    <VisitorPage title="Choose a new password" says="We mail you a link. It works once, for an hour.">
      <Stack onSubmit={form.onSubmit((values) => { ask.mutate(values); }, goToFirst(form))}>
        <FormError error={ask.error} />
        <TextInput label="E-mail" type="email" autoComplete="username" size="md" key={form.key("email")} {...form.getInputProps("email")} />
        <Button type="submit" size="md" loading={ask.isPending}>
          Mail me a link
        </Button>
      </Stack>
      <Back />
    </VisitorPage>
  );
}

function Sent({ email, again }: { email: string; again: () => void }) {
  return (
    <VisitorPage title="Look into your mailbox">
      <Note icon={<IconMailForward />} title={`A mail to ${email} is on its way`} alert>
        <p>If this address has an account, the mail has a link to choose a new password. It may take a minute; look under spam too.</p>
        <Button variant="default" onClick={again}>
          Use another address
        </Button>
      </Note>
      <Back />
    </VisitorPage>
  );
}

function Back() {
  return (
    <Below>
      <Link to="/login">Back to sign in</Link>
    </Below>
  );
}
