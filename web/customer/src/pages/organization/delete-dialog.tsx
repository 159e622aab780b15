import { Button, Modal, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import type { Organization } from "../../api/client";
import { useDeleteOrganization } from "../../queries/organization";
import { FormError } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./organization.module.css";

/** Deletes the organization whose name was typed. */
export default function DeleteDialog({ organization, close }: { organization: Organization; close: () => void }) {
  const [typed, setTyped] = useState("");
  const navigate = useNavigate();
  const remove = useDeleteOrganization();
  const right = typed.trim() === organization.name || typed.trim() === organization.slug;
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!right) return;
    remove.mutate(typed.trim(), {
      onSuccess: () => {
        toast({ title: `${organization.name} was deleted`, text: "You can restore it for thirty days, from any organization's settings." });
        void navigate({ to: "/" });
      },
    });
  };
  return (
    <Modal opened onClose={close} title="Delete this organization?">
      <form className={styles["dialog"]} onSubmit={send}>
        <FormError error={remove.error} />
        <Consequences name={organization.name} />
        <TextInput
          label={`Type ${organization.name} to confirm`}
          autoComplete="off"
          data-autofocus
          value={typed}
          onChange={(event) => { setTyped(event.currentTarget.value); }}
        />
        <div className={styles["buttons"]}>
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
          <Button type="submit" color="red" disabled={!right} loading={remove.isPending}>
            Delete organization
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Consequences({ name }: { name: string }) {
  return (
    <p>
      Everybody in <strong>{name}</strong> loses access at once, its paid plan ends with the period, and its data is erased after thirty days.
    </p>
  );
}
