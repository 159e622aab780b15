import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { unwrap, type Mfa as MfaState } from "../../api/client";
import { mfaQuery, useAccountChanged } from "../../queries/account";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { OwnPassword, useOwnPassword } from "../../ui/own-password";
import { toast } from "../../ui/toast";
import { Loading } from "../../../../shared/ui/loading";
import { When } from "../../../../shared/ui/when";
import { MfaSetup } from "./mfa-setup";
import { RecoveryCodes } from "./recovery-codes";
import styles from "./settings.module.css";

/** Whether signing in asks for a code, and what can be done about it. */
export default function Mfa() {
  const { api } = useDoors();
  const mfa = useQuery(mfaQuery(api));
  const [settingUp, setSettingUp] = useState(false);
  const changed = useAccountChanged();
  const done = (): void => {
    setSettingUp(false);
    void changed();
    toast({ title: "Two-step sign-in is on", text: "Every other device was signed out." });
  };
  if (mfa.isError && !mfa.data) return <FailureNote error={mfa.error} again={() => void mfa.refetch()} />;
  if (!mfa.data) return <Loading rows={1} />;
  return (
    <div className={styles["body"]}>
      {mfa.data.enabled ? <On state={mfa.data} /> : settingUp ? <MfaSetup done={done} /> : <Off begin={() => { setSettingUp(true); }} />}
    </div>
  );
}

function Off({ begin }: { begin: () => void }) {
  return (
    <>
      <p>Signing in asks for your password alone. With an authenticator app on your phone, a stolen password is not enough.</p>
      <div className={styles["buttons"]}>
        <Button onClick={begin}>Set up two-step sign-in</Button>
      </div>
    </>
  );
}

type Doing = "nothing" | "off" | "codes";

function On({ state }: { state: MfaState }) {
  const [doing, setDoing] = useState<Doing>("nothing");
  const [codes, setCodes] = useState<string[] | null>(null);
  const changed = useAccountChanged();
  const end = (): void => {
    setDoing("nothing");
    setCodes(null);
    void changed();
  };
  if (codes !== null) return <RecoveryCodes codes={codes} done={end} />;
  return (
    <>
      <p>
        Signing in asks for a code of your authenticator{state.enabled_at !== null && <>, since <When at={state.enabled_at} /></>}. You have{" "}
        {state.recovery_codes_left} recovery {state.recovery_codes_left === 1 ? "code" : "codes"} left.
      </p>
      {doing === "nothing" ? (
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={() => { setDoing("codes"); }}>
            New recovery codes
          </Button>
          <Button variant="default" onClick={() => { setDoing("off"); }}>
            Turn off
          </Button>
        </div>
      ) : (
        <Prove doing={doing} onCodes={setCodes} end={end} />
      )}
    </>
  );
}

function Prove({ doing, onCodes, end }: { doing: "off" | "codes"; onCodes: (codes: string[]) => void; end: () => void }) {
  const { api } = useDoors();
  const own = useOwnPassword();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { password: "", code: "" },
    validate: {
      password: own.check,
      code: (value) => (value.trim().length >= 6 ? null : "Enter the six digits, or a recovery code."),
    },
  });
  const prove = useMutation({
    mutationFn: async ({ password, code }: typeof form.values) => {
      const body = { password: own.sent(password), code: code.trim() };
      if (doing === "off") await unwrap(api.POST("/v1/auth/mfa/disable", { body }));
      return doing === "off" ? null : unwrap(api.POST("/v1/auth/mfa/recovery-codes", { body }));
    },
    onSuccess: (answer) => {
      if (answer !== null) onCodes(answer.recovery_codes);
      else {
        toast({ title: "Two-step sign-in is off" });
        end();
      }
    },
    onError: (error) => { showFieldErrors(form, error, ["password", "code"]); },
  });
  return (
    <form className={styles["form"]} onSubmit={form.onSubmit((values) => { prove.mutate(values); }, goToFirst(form))} noValidate>
      <FormError error={prove.error} shown={form.errors} />
      <p>{doing === "off" ? "Your password alone will let you, or anybody who knows it, sign in." : "The recovery codes you have now stop working."}</p>
      <OwnPassword key={form.key("password")} {...form.getInputProps("password")} />
      <TextInput label="Code" autoComplete="one-time-code" key={form.key("code")} {...form.getInputProps("code")} />
      <Choice doing={doing} busy={prove.isPending} cancel={end} />
    </form>
  );
}

function Choice({ doing, busy, cancel }: { doing: "off" | "codes"; busy: boolean; cancel: () => void }) {
  return (
    <div className={styles["buttons"]}>
      <Button type="submit" {...(doing === "off" ? { color: "red" } : {})} loading={busy}>
        {doing === "off" ? "Turn off" : "Make new codes"}
      </Button>
      <Button variant="default" onClick={cancel}>
        Cancel
      </Button>
    </div>
  );
}
