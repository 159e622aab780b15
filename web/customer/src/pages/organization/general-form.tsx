import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Organization } from "../../api/client";
import { useUpdateOrganization } from "../../queries/organization";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

const FIELDS = ["name", "slug", "locale", "time_zone"] as const;
const LOCALES = ["en", "en-GB", "en-US", "de", "fr", "es", "it", "pt-BR", "nl", "pl", "ja"];

/** Sends only what was changed, under the version that was read. */
export function GeneralForm({ read, fixed }: { read: Organization; fixed: boolean }) {
  const update = useUpdateOrganization();
  const form = useForm({
    initialValues: { name: read.name, slug: read.slug, locale: read.locale, time_zone: read.time_zone },
    validate: {
      name: (value) => (value.trim() === "" ? "An organization needs a name." : null),
      slug: (value) => (/^[a-z0-9]+(-[a-z0-9]+)*$/.test(value) && value.length >= 3 ? null : "Use a-z, 0-9 and hyphens between them, at least three characters."),
    },
  });
  const save = form.onSubmit((values) => {
    const change = Object.fromEntries(FIELDS.filter((name) => values[name] !== read[name]).map((name) => [name, values[name]]));
    // Of the promise, not of `mutate`: the form is made anew for the new version before that would call back.
    void update.mutateAsync({ read, change }).then(
      () => { toast({ title: "Settings saved" }); },
      (error: unknown) => { showFieldErrors(form, error, FIELDS); },
    );
  }, goToFirst(form));
  return (
    <form className={styles["form"]} onSubmit={save} noValidate>
      <FormError error={update.error} shown={form.errors} />
      <TextInput label="Name" maxLength={100} readOnly={fixed} {...form.getInputProps("name")} />
      <TextInput
        label="Slug"
        description="Names the organization in addresses. Whoever has the old one in a link has to learn the new one."
        maxLength={49}
        readOnly={fixed}
        {...form.getInputProps("slug")}
      />
      <Choice label="Language" value={form.values.locale} known={LOCALES} say={languageName} disabled={fixed} choose={(value) => { form.setFieldValue("locale", value); }} />
      <Choice label="Time zone" value={form.values.time_zone} known={timeZones()} say={(zone) => zone.replaceAll("_", " ")} disabled={fixed} choose={(value) => { form.setFieldValue("time_zone", value); }} />
      {!fixed && <Save pending={update.isPending} changed={form.isDirty()} />}
    </form>
  );
}

function Save({ pending, changed }: { pending: boolean; changed: boolean }) {
  return (
    <div className={styles["buttons"]}>
      <Button type="submit" loading={pending} disabled={!changed}>
        Save changes
      </Button>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  known: string[];
  say: (value: string) => string;
  disabled: boolean;
  choose: (value: string) => void;
}

function Choice({ label, value, known, say, disabled, choose }: ChoiceProps) {
  const values = known.includes(value) ? known : [value, ...known];
  const data = values.map((one) => ({ value: one, label: say(one) }));
  return <NativeSelect label={label} value={value} data={data} disabled={disabled} onChange={(event) => { choose(event.currentTarget.value); }} />;
}

function languageName(tag: string): string {
  return new Intl.DisplayNames(undefined, { type: "language" }).of(tag) ?? tag;
}

function timeZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}
