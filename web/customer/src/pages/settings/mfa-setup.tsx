import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { unwrap, type Enrolment } from "../../api/client";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { RecoveryCodes } from "./recovery-codes";
import styles from "./settings.module.css";

/** Sets two-step sign-in up: the password, a code of the new authenticator, then the recovery codes. */
export function MfaSetup({ done }: { done: () => void }) {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes !== null) return <RecoveryCodes codes={codes} done={done} />;
  if (enrolment !== null) return <Confirm enrolment={enrolment} onDone={setCodes} />;
  return <Begin onDone={setEnrolment} />;
}

function Begin({ onDone }: { onDone: (enrolment: Enrolment) => void }) {
  const { api } = useDoors();
  const own = useOwnPassword();
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" }, validate: { password: own.check } });
  const begin = useMutation({
    mutationFn: ({ password }: { password: string }) => unwrap(api.POST("/v1/auth/mfa/totp", { body: { password: own.sent(password) } })),
    onSuccess: onDone,
    onError: (error) => { showFieldErrors(form, error, ["password"]); },
  });
  return (
    <form className={styles["form"]} onSubmit={form.onSubmit((values) => { begin.mutate(values); }, goToFirst(form))} noValidate>
      <FormError error={begin.error} shown={form.errors} />
      <OwnPassword key={form.key("password")} {...form.getInputProps("password")} />
      <Button type="submit" loading={begin.isPending}>
        Set up
      </Button>
    </form>
  );
}

function Confirm({ enrolment, onDone }: { enrolment: Enrolment; onDone: (codes: string[]) => void }) {
  const { api } = useDoors();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { code: "" },
    validate: { code: (value) => (/^\d{6}$/.test(value.trim()) ? null : "Enter the six digits that the app shows.") },
  });
  const confirm = useMutation({
    mutationFn: ({ code }: { code: string }) => unwrap(api.POST("/v1/auth/mfa/totp/confirm", { body: { code: code.trim() } })),
    onSuccess: ({ recovery_codes }) => { onDone(recovery_codes); },
    onError: (error) => { showFieldErrors(form, error, ["code"]); },
  });
  return (
    <form className={styles["form"]} onSubmit={form.onSubmit((values) => { confirm.mutate(values); }, goToFirst(form))} noValidate>
      <FormError error={confirm.error} shown={form.errors} />
      <p>Scan this with an authenticator app, or type the secret into it.</p>
      <img className={styles["qr"]} src={`data:image/svg+xml,${encodeURIComponent(enrolment.qr_svg)}`} alt="QR code for your authenticator app; the secret below is the same" />
      <p>
        Secret: <code className={styles["secret"]}>{enrolment.secret}</code>
      </p>
      <TextInput label="Code" description="The six digits that the app shows now." inputMode="numeric" autoComplete="one-time-code" key={form.key("code")} {...form.getInputProps("code")} />
      <Button type="submit" loading={confirm.isPending}>
        Turn on
      </Button>
    </form>
  );
}
