import { Badge, Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconWorld } from "@tabler/icons-react";
import type { Sso, SsoDomain } from "../../api/client";
import { explain } from "../../../../shared/api/problem";
import { Note } from "../../../../shared/ui/note";
import { Panel } from "../../layout/page";
import { useAddDomain, useRemoveDomain, useVerifyDomain } from "../../queries/sso";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import { CopyLine } from "./copy-line";
import styles from "./sso.module.css";

/** The domains whose people sign in at the provider, and the proof that they are this organization's. */
export function Domains({ sso, changeable }: { sso: Sso; changeable: boolean }) {
  return (
    <Panel title="Domains" aside={<span className={styles["quiet"]}>{sso.domains.length === 0 ? "" : `${String(verifiedOf(sso))} verified`}</span>}>
      {sso.domains.length === 0 && (
        <Note icon={<IconWorld />} title="No domain yet">
          <p>Add the part of your people&apos;s e-mail addresses that comes after the @. It counts once a DNS record has proven that it is yours.</p>
        </Note>
      )}
      <ul className={styles["domains"]}>
        {sso.domains.map((domain) => (
          <Domain key={domain.id} domain={domain} changeable={changeable} />
        ))}
      </ul>
      {changeable && <AddDomain />}
    </Panel>
  );
}

export function verifiedOf(sso: Sso): number {
  return sso.domains.filter(({ state }) => state === "verified").length;
}

function Domain({ domain, changeable }: { domain: SsoDomain; changeable: boolean }) {
  const verified = domain.state === "verified";
  return (
    <li className={styles["domain"]}>
      <div className={styles["domainHead"]}>
        <strong>{domain.domain}</strong>
        <Badge variant="default">
          {verified ? "Verified" : "Waiting for the record"}
        </Badge>
        {changeable && <DomainActions domain={domain} verified={verified} />}
      </div>
      {!verified && (
        <div className={styles["record"]}>
          <p>
            Publish this as a TXT record of <strong>{domain.domain}</strong>, then verify. It may take an hour until it is seen everywhere. Leave
            the record where it is.
          </p>
          <CopyLine what={`TXT record of ${domain.domain}`} text={domain.record} />
        </div>
      )}
    </li>
  );
}

function DomainActions({ domain, verified }: { domain: SsoDomain; verified: boolean }) {
  const verify = useVerifyDomain();
  const remove = useRemoveDomain();
  const add = useAddDomain();
  const failed = (title: string) => (error: unknown): void => { toast({ title, text: explain(error), tone: "failure" }); };
  const check = (): void => {
    verify.mutate(domain, {
      onSuccess: () => { toast({ title: `${domain.domain} is verified` }); },
      onError: failed(`${domain.domain} is not verified yet`),
    });
  };
  const undo = (): void => { add.mutate(domain.domain, { onError: failed("The domain was not added again") }); };
  const drop = (): void => {
    remove.mutate(domain, {
      onSuccess: () => { toast({ title: `${domain.domain} was removed`, action: { label: "Add it again", run: undo } }); },
      onError: failed("The domain was not removed"),
    });
  };
  return (
    <div className={styles["actions"]}>
      {!verified && (
        <Button size="xs" loading={verify.isPending} aria-label={`Verify ${domain.domain}`} onClick={check}>
          Verify
        </Button>
      )}
      <Button size="xs" variant="subtle" color="red" loading={remove.isPending} aria-label={`Remove ${domain.domain}`} onClick={drop}>
        Remove
      </Button>
    </div>
  );
}

function AddDomain() {
  const add = useAddDomain();
  const form = useForm({
    initialValues: { domain: "" },
    validate: { domain: (value) => (/^@?[^\s@]+\.[^\s@]+$/.test(value.trim()) ? null : "Enter a domain, like example.com.") },
  });
  const send = form.onSubmit(({ domain }) => {
    const refused = (error: unknown): void => { showFieldErrors(form, error, ["domain"]); };
    add.mutate(domain.trim(), { onSuccess: () => { form.reset(); }, onError: refused });
  }, goToFirst(form));
  return (
    <form className={styles["add"]} onSubmit={send} noValidate>
      <FormError error={add.error} shown={form.errors} />
      <TextInput label="Domain" placeholder="example.com" autoComplete="off" spellCheck={false} {...form.getInputProps("domain")} />
      <Button type="submit" variant="default" loading={add.isPending}>
        Add domain
      </Button>
    </form>
  );
}
