import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Tokens } from "../api/client";
import { FormError, goToFirst, showFieldErrors } from "../ui/form-error";
import { Stack } from "./visitor-form";

interface Props {
  /** Has the code checked; it comes trimmed. */
  send: (code: string) => Promise<Tokens>;
  onDone: (tokens: Tokens) => unknown;
  /** What stands below the button. */
  children?: ReactNode;
}

/** The second step of a sign-in: the code of the authenticator, or a recovery code. */
export function CodeForm({ send, onDone, children }: Props) {
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "" },
    validate: { code: (value) => (value.trim().length >= 6 ? null : "Enter the six digits, or a recovery code.") },
  });
  const verify = useMutation({
    mutationFn: ({ code }: { code: string }) => send(code.trim()),
    onSuccess: onDone,
    onError: (error) => { showFieldErrors(form, error, ["code"]); },
  });
  return (
    <Stack onSubmit={form.onSubmit((values) => { verify.mutate(values); }, goToFirst(form))}>
      <FormError error={verify.error} shown={form.errors} />
      <TextInput
        label="Code"
        description="From your authenticator app. Lost your phone? A recovery code works too."
        autoComplete="one-time-code"
        size="md"
        autoFocus
        key={form.key("code")}
        {...form.getInputProps("code")}
      />
      <Button type="submit" size="md" loading={verify.isPending}>
        Continue
      </Button>
      {children}
    </Stack>
  );
}
