import { Button, NativeSelect, PasswordInput, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconChevronDown } from "@tabler/icons-react";
import type { Sso } from "../../api/client";
import { Panel } from "../../layout/page";
import { useSetSso } from "../../queries/sso";
import { useGrantable } from "../members/roles";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import { CopyLine } from "./copy-line";
import { verifiedOf } from "./domains";
import { ProviderActions } from "./provider-actions";
import styles from "./sso.module.css";

const required = (sentence: string) => (value: string) => (value.trim() === "" ? sentence : null);
const FIELDS = ["issuer", "client_id", "client_secret", "default_role", "enforced", "require_mfa_claim"] as const;

function useProviderForm(sso: Sso) {
  const set = useSetSso();
  const form = useForm({
    initialValues: valuesOf(sso),
    validate: {
      issuer: required("Enter the issuer, like https://login.example.com."),
      client_id: required("Enter the client id that the provider gave you."),
      client_secret: (value) => (value !== "" || sso.configured ? null : "Enter the client secret that the provider gave you."),
    },
  });
  const save = form.onSubmit((values) => {
    const wanted = { ...values, issuer: values.issuer.trim(), client_id: values.client_id.trim(), client_secret: values.client_secret || null };
    const saved = (now: Sso): void => {
      form.setValues(valuesOf(now));
      toast({ title: "Single sign-on is saved", text: "Test it before you tell your people." });
    };
    const refused = (error: unknown): void => { showFieldErrors(form, error, FIELDS); };
    set.mutate({ read: sso, wanted }, { onSuccess: saved, onError: refused });
  }, goToFirst(form));
  return { form, save, set };
}

/** What the provider has to know of us, what we have to know of it, and what follows for the people. */
export default function ProviderForm({ sso }: { sso: Sso }) {
  const { form, save, set } = useProviderForm(sso);
  const roles = useGrantable();
  return (
    <Panel title="Provider" aside={sso.configured && <ProviderActions />}>
      <form className={styles["form"]} onSubmit={save} noValidate>
        <FormError error={set.error} shown={form.errors} />
        <RedirectUri uri={sso.redirect_uri} />
        <TextInput label="Issuer" description="Exactly as the provider writes it, with or without a slash at its end." autoComplete="off" spellCheck={false} {...form.getInputProps("issuer")} />
        <TextInput label="Client id" autoComplete="off" spellCheck={false} {...form.getInputProps("client_id")} />
        <PasswordInput
          label="Client secret"
          description={sso.configured ? "Kept encrypted and never shown. Leave it empty to keep it." : "Kept encrypted and never shown again."}
          autoComplete="new-password"
          {...form.getInputProps("client_secret")}
        />
        <NativeSelect
          label="Role of people who come in"
          description="For those who are not members yet. An invitation's role goes before it."
          data={roles.filter(({ id }) => id !== "owner").map(({ id, name }) => ({ value: id, label: name }))}
          rightSection={<IconChevronDown size={16} stroke={1.7} />}
          {...form.getInputProps("default_role")}
        />
        <Enforced nobody={verifiedOf(sso) === 0} enforced={form.values.enforced} input={form.getInputProps("enforced", { type: "checkbox" })} />
        <MfaClaim input={form.getInputProps("require_mfa_claim", { type: "checkbox" })} />
        <div className={styles["buttons"]}>
          <Button type="submit" loading={set.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function RedirectUri({ uri }: { uri: string }) {
  return (
    <div className={styles["field"]}>
      <p className={styles["label"]}>Redirect URI</p>
      <p className={styles["quiet"]}>Register a web application (OpenID Connect, authorization code) at your provider, and allow this address.</p>
      <CopyLine what="redirect URI" text={uri} />
    </div>
  );
}

function Enforced({ nobody, enforced, input }: { nobody: boolean; enforced: boolean; input: object }) {
  return (
    <Switch
      label="Require single sign-on"
      description={
        nobody
          ? "Verify a domain first: only its people can be held to single sign-on."
          : "Members with an address in a verified domain can no longer use a password here, and sign-ins made with one end within ten minutes. Owners keep theirs, so that a broken provider locks nobody out."
      }
      disabled={nobody && !enforced}
      {...input}
    />
  );
}

function MfaClaim({ input }: { input: object }) {
  return (
    <Switch
      label="Ask for a code unless the provider confirms a second step"
      description="Matters where your organization asks every member for two-step sign-in. If the provider does not say that it checked a second step, and many never do, people enter a code here, or set two-step sign-in up first. Left off, coming in by the provider is enough."
      {...input}
    />
  );
}

function valuesOf(sso: Sso) {
  return {
    issuer: sso.issuer ?? "",
    client_id: sso.client_id ?? "",
    client_secret: "",
    default_role: sso.default_role ?? "member",
    enforced: sso.enforced,
    require_mfa_claim: sso.require_mfa_claim,
  };
}
