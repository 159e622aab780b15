import { Button, Input, PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { unwrap } from "../api/client";
import { useMe } from "../queries/me";
import { useDoors } from "../session/doors";
import { FormError } from "./form-error";
import styles from "./own-password.module.css";

/** For a form that asks who the reader is once more: what it checks and what it sends, with a password or without one. */
export function useOwnPassword() {
  const { has_password } = useMe();
  return {
    check: (typed: string): string | null => (has_password && typed === "" ? "Enter your password." : null),
    sent: (typed: string): string | null => (has_password ? typed : null),
  };
}

/** The reader's password; who has none signs in at their provider once more, and comes back to this page. */
export function OwnPassword({ label = "Your password", ...input }: PasswordInputProps) {
  const { has_password } = useMe();
  if (!has_password) return <FreshSignIn refused={input.error} />;
  return <PasswordInput label={label} autoComplete="current-password" aria-invalid={Boolean(input.error)} {...input} />;
}

function FreshSignIn({ refused }: { refused: ReactNode }) {
  const { api } = useDoors();
  const { user, fresh_until } = useMe();
  const start = useMutation({
    mutationFn: () =>
      unwrap(api.POST("/v1/auth/sso/start", { body: { email: user.email, organization: null, next: window.location.pathname, fresh: true } })),
    onSuccess: ({ authorization_url }) => { window.location.assign(authorization_url); },
  });
  return (
    <div className={styles["fresh"]} role="group" aria-label="Who you are">
      <FormError error={start.error} />
      {refused !== undefined && refused !== null ? (
        <Input.Error role="alert">{refused}</Input.Error>
      ) : (
        <p>
          {fresh_until === null
            ? "You have no password here. Sign in by single sign-on once more: for ten minutes that is enough."
            : "You have no password here, but you signed in a moment ago. That is enough."}
        </p>
      )}
      <Button variant="default" loading={start.isPending || start.isSuccess} onClick={() => { start.mutate(); }}>
        Sign in once more
      </Button>
    </div>
  );
}
