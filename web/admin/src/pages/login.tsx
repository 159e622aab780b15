import { Alert, Button, PasswordInput, TextInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type SubmitEvent } from "react";
import { Mark } from "../../../shared/ui/mark";
import { unwrap } from "../api/client";
import { useDoors, useEnded } from "../doors";
import { Refusal } from "../ui/failure";
import styles from "./login.module.css";

function field(event: SubmitEvent<HTMLFormElement>, name: string): string {
  event.preventDefault();
  const value = new FormData(event.currentTarget).get(name);
  return typeof value === "string" ? value : "";
}

/** Password, then a code: one after the other on one page. */
export function LoginPage() {
  useDocumentTitle("Sign in · Operations");
  const ended = useEnded();
  const [challenge, setChallenge] = useState<string | null>(null);
  return (
    <main className={styles["page"]}>
      <div className={styles["card"]}>
        <div className={styles["brand"]}>
          <Mark />
          <span>ObjectaLabs</span>
        </div>
        <h1>{challenge === null ? "Operations" : "Second factor"}</h1>
        {ended && challenge === null && (
          <Alert color="yellow" role="status">
            Your sign-in has ended: after half an hour without use, or eight hours in all.
          </Alert>
        )}
        {challenge === null ? <PasswordForm onDone={setChallenge} /> : <CodeForm challenge={challenge} back={() => { setChallenge(null); }} />}
        <p className={styles["small"]}>For staff only. Every sign-in and every look is written into the audit log.</p>
      </div>
    </main>
  );
}

function PasswordForm({ onDone }: { onDone: (challenge: string) => void }) {
  const { api } = useDoors();
  const login = useMutation({
    mutationFn: (body: { email: string; password: string }) => unwrap(api.POST("/admin/v1/auth/login", { body })),
    onSuccess: ({ challenge }) => { onDone(challenge); },
  });
  return (
    <form className={styles["form"]} onSubmit={(event) => { login.mutate({ email: field(event, "email").trim(), password: field(event, "password") }); }}>
      <Refusal error={login.error} />
      <TextInput label="E-mail" name="email" type="email" autoComplete="username" required withAsterisk={false} size="md" />
      <PasswordInput label="Password" name="password" autoComplete="current-password" required withAsterisk={false} size="md" />
      <Button type="submit" size="md" loading={login.isPending}>
        Go on
      </Button>
    </form>
  );
}

function CodeForm({ challenge, back }: { challenge: string; back: () => void }) {
  const { api, session } = useDoors();
  const input = useRef<HTMLInputElement>(null);
  const prove = useMutation({
    mutationFn: (code: string) => unwrap(api.POST("/admin/v1/auth/totp", { body: { challenge, code } })),
    onSuccess: (tokens) => { session.adopt(tokens); },
    onError: () => { input.current?.select(); },
  });
  return (
    <form className={styles["form"]} onSubmit={(event) => { prove.mutate(field(event, "code").trim()); }}>
      <Refusal error={prove.error} />
      <TextInput
        ref={input}
        label="Code"
        description="Six digits of your authenticator, or a recovery code."
        name="code"
        autoComplete="one-time-code"
        inputMode="text"
        spellCheck={false}
        minLength={6}
        maxLength={40}
        required
        withAsterisk={false}
        size="md"
        data-autofocus
        autoFocus
      />
      <Button type="submit" size="md" loading={prove.isPending}>
        Sign in
      </Button>
      <Button variant="subtle" onClick={back}>
        Back to the password
      </Button>
    </form>
  );
}
