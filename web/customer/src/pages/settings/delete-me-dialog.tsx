import { Button, Modal, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../../api/client";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { toast } from "../../ui/toast";
import styles from "./settings.module.css";

interface Proof {
  confirmation: string;
  password: string;
  code: string;
}

/** Ends the account; then nobody is signed in here any more. */
function useEnd() {
  const { api, session } = useDoors();
  const { mfa_enabled } = useMe();
  const own = useOwnPassword();
  return useMutation({
    mutationFn: ({ confirmation, password, code }: Proof) =>
      unwrap(api.DELETE("/v1/me", { body: { confirmation: confirmation.trim(), password: own.sent(password), code: mfa_enabled ? code.trim() : null } })),
    onSuccess: () => {
      session.end("signed_out");
      toast({ title: "Your account is deleted", text: "Your name and address are being erased everywhere. A mail confirms it." });
    },
  });
}

/** Ends the reader's account: their address typed, their password, and a code where signing in asks for one. */
export default function DeleteMeDialog({ close }: { close: () => void }) {
  const { user, mfa_enabled } = useMe();
  const end = useEnd();
  const own = useOwnPassword();
  const form = useForm<Proof>({
    mode: "uncontrolled",
    initialValues: { confirmation: "", password: "", code: "" },
    validate: {
      confirmation: (typed) => (typed.trim().toLowerCase() === user.email.toLowerCase() ? null : "Type your address as it is."),
      password: own.check,
      code: (typed) => (mfa_enabled && typed.trim() === "" ? "Enter a code." : null),
    },
  });
  const send = (proof: Proof): void => {
    end.mutate(proof, { onError: (error) => { showFieldErrors(form, error, ["confirmation", "password", "code"]); } });
  };
  return (
    <Modal opened onClose={close} title="Delete your account?">
      <form className={styles["form"]} onSubmit={form.onSubmit(send, goToFirst(form))} noValidate>
        <FormError error={end.error} shown={form.errors} />
        <p>
          You leave every organization, every device is signed out, your keys stop working, and your name and address are erased. <strong>There is no way back.</strong>
        </p>
        <TextInput label={`Type ${user.email} to confirm`} autoComplete="off" data-autofocus key={form.key("confirmation")} {...form.getInputProps("confirmation")} />
        <OwnPassword key={form.key("password")} {...form.getInputProps("password")} />
        {mfa_enabled && <TextInput label="Code" inputMode="numeric" autoComplete="one-time-code" key={form.key("code")} {...form.getInputProps("code")} />}
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close}>
            Keep my account
          </Button>
          <Button type="submit" color="red" loading={end.isPending}>
            Delete my account
          </Button>
        </div>
      </form>
    </Modal>
  );
}
