import { Button } from "@mantine/core";
import { IconDownload, IconHistoryOff, IconLock } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Page, Panel } from "../../layout/page";
import { activityQuery, useActivityExport, type ActivitySearch } from "../../queries/activity";
import { useAllowed } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { explain } from "../../../../shared/api/problem";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { FailureNote } from "../../ui/failure";
import { toast } from "../../ui/toast";
import { WhyNot } from "../../ui/why-not";
import styles from "./activity.module.css";
import { ActivityRow } from "./activity-row";
import { Filters } from "./filters";

/** Who changed what in the organization, when and from where; narrowed by the address, downloadable. */
export function ActivityPage() {
  const search = useSearch({ from: "/inside/activity" });
  const reading = useAllowed("activity:read");
  return (
    <Page
      title="Activity"
      says="Every change in this organization: who made it, when and from where. Nobody can alter this log unseen."
      action={reading.allowed && <Downloads search={search} />}
    >
      {!reading.allowed && (
        <Note icon={<IconLock />} title="Not for your role">
          <p><WhyNot permission="activity:read" /></p>
        </Note>
      )}
      {reading.allowed && <Filters search={search} />}
      {reading.allowed && <ActivityList search={search} />}
    </Page>
  );
}

function Downloads({ search }: { search: ActivitySearch }) {
  const download = useActivityExport(search);
  const start = (format: "csv" | "json"): void => {
    download.mutate(format, {
      onError: (error) => { toast({ title: "The download failed", text: explain(error), tone: "failure" }); },
    });
  };
  return (
    <div className={styles["downloads"]}>
      {(["csv", "json"] as const).map((format) => (
        <Button
          key={format}
          variant="default"
          leftSection={<IconDownload size={18} />}
          loading={download.isPending && download.variables === format}
          onClick={() => { start(format); }}
        >
          Download {format.toUpperCase()}
        </Button>
      ))}
    </div>
  );
}

function ActivityList({ search }: { search: ActivitySearch }) {
  const { api } = useDoors();
  const activity = useInfiniteQuery(activityQuery(api, search));
  const rows = activity.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Changes" aside={<span className={styles["count"]}>The newest first</span>}>
      {activity.isPending && <Loading />}
      {activity.isError && !activity.data && <FailureNote error={activity.error} again={() => void activity.refetch()} />}
      {activity.data && rows.length === 0 && (
        <Note icon={<IconHistoryOff />} title="Nothing matches">
          <p>No change fits these filters. Widen the period or clear the search.</p>
        </Note>
      )}
      <ol className={styles["list"]}>
        {rows.map((row) => (
          <ActivityRow key={row.number} row={row} />
        ))}
      </ol>
      {activity.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={activity.isFetchingNextPage} onClick={() => void activity.fetchNextPage()}>
          Show earlier changes
        </Button>
      )}
    </Panel>
  );
}
