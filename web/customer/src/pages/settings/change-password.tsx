import { Button, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../../api/client";
import { useAccountChanged } from "../../queries/account";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { toast } from "../../ui/toast";
import { newPassword } from "../account-forms";
import styles from "./settings.module.css";

export default function ChangePassword() {
  const { user, has_password } = useMe();
  const own = useOwnPassword();
  const { api } = useDoors();
  const changed = useAccountChanged();
  const form = useForm({
    initialValues: { current_password: "", password: "" },
    validate: { current_password: own.check, password: newPassword },
  });
  const change = useMutation({
    mutationFn: (values: typeof form.values) => unwrap(api.POST("/v1/auth/change-password", { body: { ...values, current_password: own.sent(values.current_password) } })),
    onSuccess: async ({ ended_sessions }) => {
      form.reset();
      await changed();
      toast({ title: "Your password is changed", text: ended_sessions > 0 ? "Every other device was signed out." : "No other device was signed in." });
    },
    onError: (error) => { showFieldErrors(form, error, ["current_password", "password"]); },
  });
  return (
    <div className={styles["body"]}>
      <form className={styles["form"]} onSubmit={form.onSubmit((values) => { change.mutate(values); }, goToFirst(form))} noValidate>
        <FormError error={change.error} shown={form.errors} />
        <input type="hidden" name="username" autoComplete="username" value={user.email} />
        <OwnPassword label="Present password" {...form.getInputProps("current_password")} />
        <PasswordInput label="New password" description="At least 12 characters; a few words in a row work well." autoComplete="new-password" aria-invalid={form.errors["password"] !== undefined} {...form.getInputProps("password")} />
        <p className={styles["quiet"]}>Every other device is signed out.</p>
        <Button type="submit" loading={change.isPending}>
          {has_password ? "Change password" : "Set a password"}
        </Button>
      </form>
    </div>
  );
}
