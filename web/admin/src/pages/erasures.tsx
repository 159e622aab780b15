import { Button, Switch } from "@mantine/core";
import { IconEraser } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { When } from "../../../shared/ui/when";
import { unwrap, type Erasure } from "../api/client";
import { useDoors } from "../doors";
import { Page, pageStyles as styles, Panel, Tag } from "../layout/page";
import { FailureNote } from "../ui/failure";
import own from "./erasures.module.css";

/** Who asked to be forgotten, which services have, and which are still awaited. */
export function ErasuresPage() {
  const [outstanding, setOutstanding] = useState(false);
  return (
    <Page title="Erasures" says="People who ended their account and organizations that are gone, by id: their names are erased. Each service says when it has.">
      <Switch label="Only those that a service has not acknowledged" checked={outstanding} onChange={(event) => { setOutstanding(event.currentTarget.checked); }} />
      <Erasures outstanding={outstanding} />
    </Page>
  );
}

function Erasures({ outstanding }: { outstanding: boolean }) {
  const { api } = useDoors();
  const list = useInfiniteQuery({
    queryKey: ["erasures", outstanding],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/admin/v1/erasures", { params: { query: { limit: 50, outstanding, ...(pageParam === null ? {} : { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const erasures = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Requests">
      {list.isPending && <Loading rows={5} />}
      {list.isError && !list.data && <FailureNote error={list.error} again={() => void list.refetch()} />}
      {list.data && erasures.length === 0 && (
        <Note icon={<IconEraser />} title={outstanding ? "Nothing is outstanding" : "Nobody asked to be erased yet"}>
          {outstanding && <p>Every service has acknowledged every erasure.</p>}
        </Note>
      )}
      <ul className={styles["list"]}>
        {erasures.map((erasure) => (
          <Row key={erasure.subject_id} erasure={erasure} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show earlier ones
        </Button>
      )}
    </Panel>
  );
}

function Row({ erasure }: { erasure: Erasure }) {
  const { kind, subject_id, requested_at, outstanding } = erasure;
  const done = outstanding.length === 0;
  return (
    <li className={`${styles["row"] ?? ""} ${own["erasure"] ?? ""}`}>
      <div>
        <div className={styles["strong"]}>{kind === "user" ? "Person" : "Organization"}</div>
        <div className={`${styles["dim"] ?? ""} ${own["id"] ?? ""}`}>{subject_id}</div>
      </div>
      <span>
        <Tag tone={done ? "good" : "warn"}>{done ? "erased everywhere" : `awaits ${outstanding.join(", ")}`}</Tag>
      </span>
      <span className={styles["dim"]}>
        {done ? "asked" : "since"} <When at={requested_at} />
      </span>
      <Acknowledgements erasure={erasure} />
    </li>
  );
}

function Acknowledgements({ erasure: { acknowledged } }: { erasure: Erasure }) {
  if (acknowledged.length === 0) return <span className={styles["dim"]}>No service has answered</span>;
  return (
    <details className={own["details"]}>
      <summary>{acknowledged.length === 1 ? "1 service" : `${String(acknowledged.length)} services`}</summary>
      <ul className={own["answers"]}>
        {acknowledged.map(({ service, erased_at, kept }) => (
          <li key={service}>
            <strong>{service}</strong> <When at={erased_at} />
            {kept.length > 0 && <span className={styles["dim"]}>keeps {kept.join("; ")}</span>}
          </li>
        ))}
      </ul>
    </details>
  );
}
