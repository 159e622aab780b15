import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Page, Panel } from "../layout/page";
import { unreadQuery, useMarkAllRead } from "../queries/notifications";
import { useDoors } from "../session/doors";
import { AlertList } from "../ui/alert-list";

export function NotificationsPage() {
  const { api } = useDoors();
  const [shown, setShown] = useState("all");
  const unread = useQuery(unreadQuery(api)).data?.unread_count ?? 0;
  const markAll = useMarkAllRead();
  return (
    <Page
      title="Alerts"
      says="What happened in this organization that concerns you."
      action={
        <Button variant="default" disabled={unread === 0} loading={markAll.isPending} onClick={() => { markAll.mutate(); }}>
          Mark all as read
        </Button>
      }
    >
      <Panel
        title={shown === "all" ? "All alerts" : "Unread alerts"}
        aside={
          <SegmentedControl
            aria-label="Which alerts"
            value={shown}
            onChange={setShown}
            data={[
              { value: "all", label: "All" },
              { value: "unread", label: `Unread (${String(unread)})` },
            ]}
          />
        }
      >
        <AlertList unread={shown === "unread"} />
      </Panel>
    </Page>
  );
}
