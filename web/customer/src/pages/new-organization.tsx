import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { unwrap } from "../api/client";
import { Page } from "../layout/page";
import { readerLocale, readerTimeZone } from "../reader";
import { enter, useDoors } from "../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../ui/form-error";
import styles from "./new-organization.module.css";

/** Creates an organization and moves into it. */
export function NewOrganizationForm() {
  const doors = useDoors();
  const navigate = useNavigate();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: "" },
    validate: { name: (value) => (value.trim() === "" ? "Enter a name for the organization." : null) },
  });
  const create = useMutation({
    mutationFn: async ({ name }: { name: string }) => {
      const { id } = await unwrap(doors.api.POST("/v1/organizations", { body: { name: name.trim(), locale: readerLocale(), time_zone: readerTimeZone() } }));
      return unwrap(doors.api.POST("/v1/auth/switch-organization", { body: { organization_id: id } }));
    },
    onSuccess: async (tokens) => {
      enter(doors, tokens);
      await navigate({ to: "/" });
    },
    onError: (error) => { showFieldErrors(form, error, ["name"]); },
  });
  return (
    <form className={styles["form"]} onSubmit={form.onSubmit((values) => { create.mutate(values); }, goToFirst(form))} noValidate>
      <FormError error={create.error} shown={form.errors} />
      <TextInput label="Organization name" autoComplete="organization" key={form.key("name")} {...form.getInputProps("name")} />
      <Button type="submit" loading={create.isPending}>
        Create organization
      </Button>
    </form>
  );
}

export function NewOrganizationPage() {
  return (
    <Page title="New organization" says="You become its owner. Your other organizations stay as they are.">
      <NewOrganizationForm />
    </Page>
  );
}
