import { ActionIcon, Button } from "@mantine/core";
import { IconBellRinging, IconCheck, IconMail, IconUserCog, IconUserMinus, IconUserPlus, type Icon } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { Notification } from "../api/client";
import { notificationsQuery, useMarkRead } from "../queries/notifications";
import { useDoors } from "../session/doors";
import styles from "./alert-list.module.css";
import { FailureNote } from "./failure";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { When } from "../../../shared/ui/when";

const ICONS: [RegExp, Icon][] = [
  [/joined/, IconUserPlus],
  [/removed/, IconUserMinus],
  [/role/, IconUserCog],
];

/** The alerts, newest first, with their loading, empty and failed states. */
export function AlertList({ unread }: { unread: boolean }) {
  const { api } = useDoors();
  const alerts = useInfiniteQuery(notificationsQuery(api, unread));
  if (alerts.isPending) return <Loading />;
  if (!alerts.data) return <FailureNote error={alerts.error} again={() => void alerts.refetch()} />;
  const items = alerts.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <Nothing unread={unread} />;
  return (
    <>
      <ul className={styles["list"]}>
        {items.map((alert) => (
          <AlertRow key={alert.id} alert={alert} />
        ))}
      </ul>
      {alerts.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={alerts.isFetchingNextPage} onClick={() => void alerts.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </>
  );
}

function Nothing({ unread }: { unread: boolean }) {
  return unread ? (
    <Note icon={<IconCheck />} title="All read">
      <p>New alerts appear here by themselves.</p>
    </Note>
  ) : (
    <Note icon={<IconBellRinging />} title="Nothing has happened yet">
      <p>When somebody joins, leaves or changes something that concerns you, it appears here at once.</p>
    </Note>
  );
}

function AlertRow({ alert }: { alert: Notification }) {
  const mark = useMarkRead();
  const unread = alert.read_at === null;
  const KindIcon = ICONS.find(([kind]) => kind.test(alert.kind))?.[1] ?? IconBellRinging;
  return (
    <li className={styles["row"]} data-unread={unread || undefined}>
      <span className={styles["icon"]} aria-hidden>
        <KindIcon size={18} stroke={1.7} />
      </span>
      <div className={styles["text"]}>
        <p className={styles["title"]}>
          {unread && <span className="visually-hidden">Unread: </span>}
          {alert.title}
        </p>
        {alert.body !== "" && <p className={styles["body"]}>{alert.body}</p>}
        <p className={styles["when"]}>
          <When at={alert.created_at} />
        </p>
      </div>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={36}
        loading={mark.isPending}
        aria-label={unread ? `Mark as read: ${alert.title}` : `Mark as unread: ${alert.title}`}
        title={unread ? "Mark as read" : "Mark as unread"}
        onClick={() => { mark.mutate({ id: alert.id, read: unread }); }}
      >
        {unread ? <IconCheck size={18} /> : <IconMail size={18} />}
      </ActionIcon>
    </li>
  );
}
