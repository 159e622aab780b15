import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { unwrap, type Challenge, type Tokens } from "../api/client";
import { readerLocale, readerTimeZone } from "../reader";
import { useDoors } from "../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../ui/form-error";
import { CodeForm } from "./code-form";
import { Stack } from "./visitor-form";

export const required = (sentence: string) => (value: string) => (value.trim() === "" ? sentence : null);
export const address = (value: string) => (/^\S+@\S+\.\S+$/.test(value.trim()) ? null : "Enter an e-mail address, like ada@example.org.");
const MIN_PASSWORD = 12;
export const newPassword = (value: string) =>
  Array.from(value).length >= MIN_PASSWORD ? null : `Use at least ${String(MIN_PASSWORD)} characters. A few words in a row are easy to remember.`;

interface Login {
  email?: string;
  button: string;
  onDone: (tokens: Tokens) => unknown;
}

/** Login with e-mail and password, then a code where the account has two-step sign-in. `email` fixes the address, as an invitation does. */
export function LoginForm({ email, button, onDone }: Login) {
  const { api } = useDoors();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  if (challenge !== null) {
    return (
      <CodeForm send={(code) => unwrap(api.POST("/v1/auth/mfa/verify", { body: { challenge: challenge.challenge, code } }))} onDone={onDone}>
        <Button variant="subtle" onClick={() => { setChallenge(null); }}>
          Back to the password
        </Button>
      </CodeForm>
    );
  }
  return (
    <PasswordForm
      {...(email === undefined ? {} : { email })}
      button={button}
      onDone={(answer) => {
        if ("mfa_required" in answer) setChallenge(answer);
        else onDone(answer);
      }}
    />
  );
}

function PasswordForm({ email, button, onDone }: { email?: string; button: string; onDone: (answer: Tokens | Challenge) => unknown }) {
  const { api } = useDoors();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: email ?? "", password: "" },
    validate: { email: address, password: required("Enter your password.") },
  });
  const login = useMutation({
    mutationFn: (values: typeof form.values) =>
      unwrap(api.POST("/v1/auth/login", { body: { email: values.email.trim(), password: values.password, client: "browser" } })),
    onSuccess: onDone,
  });
  return (
    <Stack onSubmit={form.onSubmit((values) => { login.mutate(values); }, goToFirst(form))}>
      <FormError error={login.error} />
      <TextInput label="E-mail" type="email" autoComplete="username" size="md" readOnly={email !== undefined} key={form.key("email")} {...form.getInputProps("email")} />
      <PasswordInput label="Password" autoComplete="current-password" size="md" aria-invalid={form.errors["password"] !== undefined} key={form.key("password")} {...form.getInputProps("password")} />
      <Button type="submit" size="md" loading={login.isPending}>
        {button}
      </Button>
      <Link to="/forgot-password">Forgot your password?</Link>
    </Stack>
  );
}

interface NewAccount {
  email: string;
  name: string;
  password: string;
  organization_name: string;
}

function registration(account: NewAccount, token: string | null) {
  return {
    email: account.email.trim(),
    name: account.name.trim(),
    password: account.password,
    organization_name: token === null ? account.organization_name.trim() : null,
    invitation_token: token,
    locale: readerLocale(),
    time_zone: readerTimeZone(),
    client: "browser" as const,
  };
}

/** A new account: with an organization of its own, or into the one that an invitation opens. */
export function SignupForm({ invitation, button, onDone }: { invitation?: { email: string; token: string }; button: string; onDone: (tokens: Tokens) => unknown }) {
  const { api } = useDoors();
  const form = useForm<NewAccount>({
    mode: "uncontrolled",
    initialValues: { email: invitation?.email ?? "", name: "", password: "", organization_name: "" },
    validate: {
      organization_name: (value) => (invitation || value.trim() !== "" ? null : "Enter a name for your organization."),
      name: required("Enter the name your team knows you by."),
      email: address,
      password: newPassword,
    },
  });
  const signup = useMutation({
    mutationFn: (account: NewAccount) => unwrap(api.POST("/v1/auth/register", { body: registration(account, invitation?.token ?? null) })),
    onSuccess: onDone,
    onError: (error) => { showFieldErrors(form, error, ["email", "name", "password", "organization_name"]); },
  });
  return (
    <Stack onSubmit={form.onSubmit((values) => { signup.mutate(values); }, goToFirst(form))}>
      <FormError error={signup.error} shown={form.errors} />
      {!invitation && <TextInput label="Organization" autoComplete="organization" size="md" key={form.key("organization_name")} {...form.getInputProps("organization_name")} />}
      <TextInput label="Your name" autoComplete="name" size="md" key={form.key("name")} {...form.getInputProps("name")} />
      <TextInput label="E-mail" type="email" autoComplete="username" size="md" readOnly={invitation !== undefined} key={form.key("email")} {...form.getInputProps("email")} />
      <PasswordInput label="Password" description="At least 12 characters; a few words in a row work well." autoComplete="new-password" size="md" aria-invalid={form.errors["password"] !== undefined} key={form.key("password")} {...form.getInputProps("password")} />
      <Button type="submit" size="md" loading={signup.isPending}>
        {button}
      </Button>
    </Stack>
  );
}
