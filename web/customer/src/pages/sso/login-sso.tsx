import { Alert, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { unwrap } from "../../api/client";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { Below, Stack, VisitorPage } from "../visitor-form";
import { reasonOf } from "./reasons";

/** Asks whose provider it is, and goes there; the place where a refused sign-in ends, too. */
export function LoginSsoPage() {
  const { next, reason } = useSearch({ from: "/visitor/login/sso" });
  return (
    <VisitorPage title="Single sign-on" says="Sign in at your organization's own identity provider.">
      {reason !== undefined && (
        <Alert color="red" variant="light" mt="sm" role="alert">
          {reasonOf(reason)}
        </Alert>
      )}
      <StartForm next={next ?? "/"} />
      {reason === "sso_not_fresh" && (
        <Below>
          <Link to="/forgot-password">Forgot your password?</Link>
        </Below>
      )}
      <Below>
        <Link to="/login" search={next === undefined ? {} : { next }}>
          Sign in with a password
        </Link>
      </Below>
    </VisitorPage>
  );
}

function StartForm({ next }: { next: string }) {
  const { api } = useDoors();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: (value) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : "Enter your work e-mail address, like ada@example.org.") },
  });
  const start = useMutation({
    mutationFn: ({ email }: { email: string }) => unwrap(api.POST("/v1/auth/sso/start", { body: { email: email.trim(), organization: null, next, fresh: false } })),
    onSuccess: ({ authorization_url }) => { window.location.assign(authorization_url); },
    onError: (error) => { showFieldErrors(form, error, ["email"]); },
  });
  return (
    <Stack onSubmit={form.onSubmit((values) => { start.mutate(values); }, goToFirst(form))}>
      <FormError error={start.error} shown={form.errors} />
      <TextInput label="Work e-mail" type="email" autoComplete="username" size="md" key={form.key("email")} {...form.getInputProps("email")} />
      <Button type="submit" size="md" loading={start.isPending || start.isSuccess}>
        Continue
      </Button>
    </Stack>
  );
}
