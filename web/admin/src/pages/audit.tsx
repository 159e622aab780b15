import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconHistory } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { When } from "../../../shared/ui/when";
import { unwrap, type AuditRow, type Verification } from "../api/client";
import { useDoors } from "../doors";
import { Page, pageStyles as styles, Panel, Tag } from "../layout/page";
import { FailureNote } from "../ui/failure";
import own from "./audit.module.css";

/** Who did what, and whether the log still is what was written. */
export function AuditPage() {
  const [text, setText] = useState("");
  const [action] = useDebouncedValue(text.trim(), 250);
  return (
    <Page title="Audit log" says="Every sign-in, every look at a customer and every action of staff, in the order they happened. Reading it is written down too.">
      <Wholeness />
      <TextInput aria-label="Only actions that begin with" placeholder="Only actions that begin with, e.g. deadletters" value={text} onChange={(event) => { setText(event.currentTarget.value); }} />
      <Rows action={action} />
    </Page>
  );
}

function Wholeness() {
  const { api } = useDoors();
  const verification = useQuery({ queryKey: ["verification"], queryFn: () => unwrap(api.GET("/admin/v1/audit/verification")), staleTime: 60_000 });
  return (
    <Panel
      title="Verification"
      aside={
        <Button variant="default" size="xs" loading={verification.isFetching} onClick={() => void verification.refetch()}>
          Verify now
        </Button>
      }
    >
      {verification.isPending && <Loading rows={1} />}
      {verification.isError && !verification.data && <FailureNote error={verification.error} again={() => void verification.refetch()} />}
      {verification.data && <Verdict verification={verification.data} />}
    </Panel>
  );
}

function Verdict({ verification: { broken, rows, checkpoints } }: { verification: Verification }) {
  if (broken) {
    return (
      <p className={own["verdict"]} role="alert">
        <Tag tone="bad">broken</Tag> Row {broken.number} of {broken.day}: {broken.reason}.
      </p>
    );
  }
  return (
    <p className={own["verdict"]} role="status">
      <Tag tone="good">whole</Tag> {rows.toLocaleString()} rows of the last seven days follow one from another; {checkpoints.toLocaleString()} signed checkpoints hold.
    </p>
  );
}

function Rows({ action }: { action: string }) {
  const { api } = useDoors();
  const log = useInfiniteQuery({
    queryKey: ["audit", action],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/admin/v1/audit", { params: { query: { limit: 50, ...(action === "" ? {} : { action }), ...(pageParam === null ? {} : { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const rows = log.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Entries">
      {log.isPending && <Loading rows={6} />}
      {log.isError && !log.data && <FailureNote error={log.error} again={() => void log.refetch()} />}
      {log.data && rows.length === 0 && <Note icon={<IconHistory />} title="No entry begins like this" />}
      <ul className={styles["list"]}>
        {rows.map((row) => (
          <Entry key={row.id} row={row} />
        ))}
      </ul>
      {log.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          Show earlier ones
        </Button>
      )}
    </Panel>
  );
}

function Entry({ row }: { row: AuditRow }) {
  const refused = row.action.includes("refused");
  return (
    <li className={`${styles["row"] ?? ""} ${own["entry"] ?? ""}`}>
      <span className={styles["dim"]}>
        <When at={row.at} />
      </span>
      <span>{row.actor_email ?? row.actor}</span>
      <span>
        <Tag tone={refused ? "warn" : "plain"}>{row.action}</Tag>
      </span>
      <span className={styles["dim"]}>{row.target}</span>
      <details className={own["details"]}>
        <summary aria-label={`Details of ${row.action}`}>Details</summary>
        <pre className={styles["code"]} tabIndex={0} aria-label={`What was written of ${row.action}`}>
          {JSON.stringify({ ...row.details, row: `${row.day} ${String(row.number)}`, request: row.request_id }, null, 2)}
        </pre>
      </details>
    </li>
  );
}
