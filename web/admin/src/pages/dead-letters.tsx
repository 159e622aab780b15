import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Loading } from "../../../shared/ui/loading";
import { When } from "../../../shared/ui/when";
import { unwrap, type Group, type Shelf } from "../api/client";
import { useDoors } from "../doors";
import { Page, pageStyles as styles, Panel } from "../layout/page";
import { FailureNote } from "../ui/failure";
import { ShelfState } from "./dashboard";
import own from "./dead-letters.module.css";

const LetterDialog = lazy(() => import("./letter-dialog"));

interface Chosen {
  service: string;
  group: Group;
}

/** What could not be handled in any service, by like errors; each group can be looked at, rehearsed, replayed, given up. */
export function DeadLettersPage() {
  const { api } = useDoors();
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const shelves = useQuery({
    queryKey: ["dead-letters"],
    queryFn: () => unwrap(api.GET("/admin/v1/deadletters", { params: { query: { state: "dead" } } })),
  });
  const again = (
    <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} loading={shelves.isFetching} onClick={() => void shelves.refetch()}>
      Look again
    </Button>
  );
  return (
    <Page title="Dead letters" says="Messages that failed for good. A rehearsal runs today's handler and takes everything back." aside={again}>
      {shelves.isPending && <Loading rows={5} />}
      {shelves.isError && !shelves.data && <FailureNote error={shelves.error} again={() => void shelves.refetch()} />}
      {shelves.data?.services.map((shelf) => (
        <Service key={shelf.service} shelf={shelf} choose={(group) => { setChosen({ service: shelf.service, group }); }} />
      ))}
      <Suspense>{chosen && <LetterDialog {...chosen} close={() => { setChosen(null); }} />}</Suspense>
    </Page>
  );
}

function Service({ shelf, choose }: { shelf: Shelf; choose: (group: Group) => void }) {
  return (
    <Panel title={shelf.service} aside={<ShelfState shelf={shelf} />}>
      <ul className={styles["list"]}>
        {shelf.groups.map((group) => (
          <li key={`${group.consumer} ${group.type ?? ""} ${group.error_group}`} className={`${styles["row"] ?? ""} ${own["group"] ?? ""}`}>
            <span className={own["count"]}>{group.count.toLocaleString()}</span>
            <div className={own["what"]}>
              <code>{group.type ?? "unreadable"}</code>
              <div className={styles["dim"]}>{group.error_group}</div>
            </div>
            <span className={styles["dim"]}>
              <When at={group.last_failed_at} />
            </span>
            <Button variant="default" size="xs" aria-label={`Open: ${group.type ?? "unreadable"} in ${shelf.service}`} onClick={() => { choose(group); }}>
              Open
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
