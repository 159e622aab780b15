import { Button, Modal, NativeSelect, Textarea } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import type { BulkResult } from "../../api/client";
import { useInviteMany } from "../../queries/members";
import { FormError } from "../../ui/form-error";
import { addressesOf, LONGEST_LIST } from "./addresses";
import styles from "./members.module.css";
import { useGrantable } from "./roles";

/** Invites a pasted list; afterwards it says row by row what became of it. */
export default function BulkDialog({ close }: { close: () => void }) {
  const invite = useInviteMany();
  return (
    <Modal opened onClose={close} title="Invite several people" size="lg">
      {invite.data ? <Results results={invite.data.results} again={() => { invite.reset(); }} close={close} /> : <ListForm invite={invite} close={close} />}
    </Modal>
  );
}

function ListForm({ invite, close }: { invite: ReturnType<typeof useInviteMany>; close: () => void }) {
  const roles = useGrantable();
  const [text, setText] = useState("");
  const [role, setRole] = useState("member");
  const addresses = addressesOf(text);
  const many = addresses.length > LONGEST_LIST;
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (addresses.length > 0 && !many) invite.mutate(addresses.map((email) => ({ email, role })));
  };
  return (
    <form className={styles["dialog"]} onSubmit={send}>
      <FormError error={invite.error} />
      <Textarea
        label="E-mail addresses"
        description="One a line, or separated by commas. Each person gets a link that is good for seven days."
        rows={6}
        data-autofocus
        value={text}
        error={many ? `At most ${String(LONGEST_LIST)} at once: there are ${String(addresses.length)}.` : undefined}
        onChange={(event) => { setText(event.currentTarget.value); }}
      />
      <NativeSelect
        label="Role of everybody on the list"
        value={role}
        data={roles.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(event) => { setRole(event.currentTarget.value); }}
      />
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" disabled={addresses.length === 0 || many} loading={invite.isPending}>
          {addresses.length === 1 ? "Send 1 invitation" : `Send ${String(addresses.length)} invitations`}
        </Button>
      </div>
    </form>
  );
}

function Results({ results, again, close }: { results: BulkResult[]; again: () => void; close: () => void }) {
  const refused = results.filter(({ invitation }) => invitation === null);
  const invited = results.length - refused.length;
  return (
    <div className={styles["dialog"]}>
      <p role="status">
        {invited === 1 ? "1 invitation is on its way." : `${String(invited)} invitations are on their way.`} {refused.length > 0 && `${String(refused.length)} could not be sent:`}
      </p>
      {refused.length > 0 && (
        <ul className={styles["refusals"]}>
          {refused.map(({ index, email, detail }) => (
            <li key={index}>
              <strong>{email}</strong>
              <span>{detail}</span>
            </li>
          ))}
        </ul>
      )}
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={again}>
          Invite more
        </Button>
        <Button onClick={close} data-autofocus>
          Done
        </Button>
      </div>
    </div>
  );
}
