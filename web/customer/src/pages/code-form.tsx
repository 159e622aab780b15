import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { unwrap, type Challenge, type Tokens } from "../api/client";
import { useDoors } from "../session/doors";
import { FormError, goToFirst } from "../ui/form-error";
import { Stack } from "./visitor-form";

interface Props {
  challenge: Challenge;
  onDone: (tokens: Tokens) => unknown;
  again: () => void;
}

/** The second step of a login: the code of the authenticator, or a recovery code. `again` goes back to the password. */
export function CodeForm({ challenge, onDone, again }: Props) {
  const { api } = useDoors();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "" },
    validate: { code: (value) => (value.trim().length >= 6 ? null : "Enter the six digits, or a recovery code.") },
  });
  const verify = useMutation({
    mutationFn: ({ code }: { code: string }) => unwrap(api.POST("/v1/auth/mfa/verify", { body: { challenge: challenge.challenge, code: code.trim() } })),
    onSuccess: onDone,
  });
  return (
    <Stack onSubmit={form.onSubmit((values) => { verify.mutate(values); }, goToFirst(form))}>
      <FormError error={verify.error} />
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
      <Button variant="subtle" onClick={again}>
        Back to the password
      </Button>
    </Stack>
  );
}
