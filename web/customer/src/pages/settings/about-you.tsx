import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { unwrap } from "../../api/client";
import { useAccountChanged } from "../../queries/account";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import { required } from "../account-forms";
import styles from "./settings.module.css";

function zones(own: string): string[] {
  return [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}

/** What others see of the reader. */
export default function AboutYou() {
  const { user } = useMe();
  const { api } = useDoors();
  const changed = useAccountChanged();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { name: user.name, time_zone: user.time_zone },
    validate: { name: required("Enter the name your team knows you by.") },
  });
  const save = useMutation({
    mutationFn: ({ name, time_zone }: typeof form.values) => unwrap(api.PATCH("/v1/me", { body: { name: name.trim(), locale: null, time_zone } })),
    onSuccess: async () => {
      await changed();
      toast({ title: "Your profile is saved" });
    },
    onError: (error) => { showFieldErrors(form, error, ["name", "time_zone"]); },
  });
  return (
    <div className={styles["body"]}>
      <form className={styles["form"]} onSubmit={form.onSubmit((values) => { save.mutate(values); }, goToFirst(form))} noValidate>
        <FormError error={save.error} shown={form.errors} />
        <TextInput label="Your name" autoComplete="name" key={form.key("name")} {...form.getInputProps("name")} />
        <NativeSelect label="Time zone" description="Times in mails are in it." data={zones(user.time_zone)} key={form.key("time_zone")} {...form.getInputProps("time_zone")} />
        <Button type="submit" loading={save.isPending}>
          Save
        </Button>
      </form>
    </div>
  );
}
