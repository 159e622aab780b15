import { Alert, Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Loading } from "../../../shared/ui/loading";
import { unwrap, type Group, type ReplayAnswer } from "../api/client";
import { useAllowed, useDoors } from "../doors";
import { pageStyles as styles } from "../layout/page";
import { FailureNote, Refusal } from "../ui/failure";

interface Props {
  service: string;
  group: Group;
  close: () => void;
}

/** One group of dead letters: an example, a rehearsal, and what may follow from it. */
export default function LetterDialog({ service, group, close }: Props) {
  return (
    <Modal opened onClose={close} title={`${group.type ?? "unreadable"} in ${service}`} size="lg">
      <div className={styles["form"]}>
        <p>
          {group.count === 1 ? "One message" : `${group.count.toLocaleString()} messages`} with this error: <strong>{group.error_group}</strong>
        </p>
        <Example service={service} id={group.example} />
        <Actions service={service} group={group} close={close} />
      </div>
    </Modal>
  );
}

function Example({ service, id }: { service: string; id: string }) {
  const { api } = useDoors();
  const letter = useQuery({
    queryKey: ["dead-letter", service, id],
    queryFn: () => unwrap(api.GET("/admin/v1/deadletters/{service}/{message_id}", { params: { path: { service, message_id: id } } })),
    staleTime: Infinity, // each look is written into the audit log
  });
  if (letter.isPending) return <Loading rows={2} />;
  if (letter.isError) return <FailureNote error={letter.error} again={() => void letter.refetch()} />;
  const text = letter.data.body ?? "This message is sealed: only the service that it is for can open it.";
  return (
    <pre className={styles["code"]} tabIndex={0} aria-label="An example of these messages">
      {pretty(text)}
    </pre>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function selection({ consumer, type, error_group, state }: Group) {
  return { id: null, consumer, type, error_group, state: state === "waiting" ? ("waiting" as const) : ("dead" as const) };
}

function useReplay({ service, group }: Omit<Props, "close">) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: ({ dry, reason }: { dry: boolean; reason: string }) =>
      unwrap(
        api.POST("/admin/v1/deadletters/{service}/replay", {
          params: { path: { service } },
          body: { ...selection(group), dry_run: dry, reason: reason === "" ? null : reason },
        }),
      ),
    onSuccess: ({ dry_run }) => (dry_run ? undefined : queries.invalidateQueries({ queryKey: ["dead-letters"] })),
  });
}

function useDiscard({ service, group, close }: Props) {
  const { api, queries } = useDoors();
  return useMutation({
    mutationFn: (reason: string) =>
      unwrap(api.POST("/admin/v1/deadletters/{service}/discard", { params: { path: { service } }, body: { ...selection(group), reason } })),
    onSuccess: async () => {
      close();
      await queries.invalidateQueries({ queryKey: ["dead-letters"] });
    },
  });
}

function Actions(props: Props) {
  const [reason, setReason] = useState("");
  const replaying = useAllowed("deadletters:replay");
  const discarding = useAllowed("deadletters:discard");
  const replay = useReplay(props);
  const discard = useDiscard(props);
  const rehearsed = replay.data !== undefined;
  const busy = replay.isPending || discard.isPending;
  if (!replaying && !discarding) return <p>Your role may look, but not act.</p>;
  return (
    <>
      <Refusal error={replay.error ?? discard.error} />
      {replay.data && <Report answer={replay.data} />}
      <TextInput label="Reason" description="Goes into the audit log; giving messages up needs one." value={reason} maxLength={1000} onChange={(event) => { setReason(event.currentTarget.value); }} />
      <div className={styles["buttons"]}>
        {discarding && (
          <Button color="red" variant="light" disabled={reason.trim().length < 3 || busy} onClick={() => { discard.mutate(reason.trim()); }}>
            Give up
          </Button>
        )}
        {replaying && (
          <Button variant="default" loading={replay.isPending} disabled={busy} onClick={() => { replay.mutate({ dry: true, reason: reason.trim() }); }}>
            Rehearse
          </Button>
        )}
        {replaying && (
          <Button disabled={!rehearsed || busy} onClick={() => { replay.mutate({ dry: false, reason: reason.trim() }); }}>
            Replay
          </Button>
        )}
      </div>
    </>
  );
}

function Report({ answer }: { answer: ReplayAnswer }) {
  const total = (name: "succeeded" | "duplicate" | "failed") => answer.reports.reduce((sum, report) => sum + report[name], 0);
  const errors = [...new Set(answer.reports.flatMap((report) => report.errors))];
  const [well, ill] = answer.dry_run ? ["would succeed", "would still fail"] : ["succeeded", "failed again"];
  return (
    <Alert color={total("failed") > 0 ? "red" : "spruce"} variant="light" role="status" title={answer.dry_run ? "Rehearsed; nothing was changed" : "Replayed"}>
      {total("succeeded").toLocaleString()} {well}, {total("duplicate").toLocaleString()} had taken effect before, {total("failed").toLocaleString()} {ill}.
      {answer.more && " There are more: this was the first 200."}
      {errors.map((error) => (
        <div key={error}>
          <code>{error}</code>
        </div>
      ))}
    </Alert>
  );
}
