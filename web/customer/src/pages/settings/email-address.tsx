import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../../api/client";
import { useAccountChanged } from "../../queries/account";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { toast } from "../../ui/toast";
import { explain } from "../../../../shared/api/problem";
import { address } from "../account-forms";
import styles from "./settings.module.css";

/** The address the reader signs in with, and the way to another. */
export default function EmailAddress() {
  const { user, pending_email } = useMe();
  return (
    <div className={styles["body"]}>
      <p>
        You sign in with <strong>{user.email}</strong>, which is {user.email_verified ? "confirmed" : "not confirmed yet"}.
      </p>
      {pending_email === null ? <ChangeEmail /> : <Pending email={pending_email} />}
    </div>
  );
}

function Pending({ email }: { email: string }) {
  const { api } = useDoors();
  const changed = useAccountChanged();
  const keep = useMutation({
    mutationFn: () => unwrap(api.DELETE("/v1/me/email")),
    onSuccess: changed,
    onError: (error) => { toast({ title: "The change was not withdrawn", text: explain(error), tone: "failure" }); },
  });
  return (
    <>
      <p role="status">
        Open the link in the mail to <strong>{email}</strong> to make it yours. Until then nothing changes.
      </p>
      <div className={styles["buttons"]}>
        <Button variant="default" loading={keep.isPending} onClick={() => { keep.mutate(); }}>
          Keep the present address
        </Button>
      </div>
    </>
  );
}

function ChangeEmail() {
  const { api } = useDoors();
  const own = useOwnPassword();
  const changed = useAccountChanged();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: { email: address, password: own.check },
  });
  const ask = useMutation({
    mutationFn: ({ email, password }: typeof form.values) => unwrap(api.POST("/v1/me/email", { body: { email: email.trim(), password: own.sent(password) } })),
    onSuccess: changed,
    onError: (error) => { showFieldErrors(form, error, ["email", "password"]); },
  });
  return (
    <form className={styles["form"]} onSubmit={form.onSubmit((values) => { ask.mutate(values); }, goToFirst(form))} noValidate>
      <FormError error={ask.error} shown={form.errors} />
      <TextInput label="New address" type="email" autoComplete="email" key={form.key("email")} {...form.getInputProps("email")} />
      <OwnPassword key={form.key("password")} {...form.getInputProps("password")} />
      <p className={styles["quiet"]}>We mail the new address a link to confirm it, and the present one a link to undo the change.</p>
      <Button type="submit" loading={ask.isPending}>
        Change address
      </Button>
    </form>
  );
}
