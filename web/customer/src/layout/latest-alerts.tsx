import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { AlertList } from "../ui/alert-list";
import { useMarkAllRead } from "../queries/notifications";
import styles from "./bell.module.css";

/** What the bell opens. Loaded when it is opened first. */
export default function LatestAlerts({ unread, close }: { unread: number; close: () => void }) {
  const markAll = useMarkAllRead();
  return (
    <>
      <div className={styles["head"]}>
        <h2>Alerts</h2>
        {unread > 0 && (
          <Button variant="subtle" size="compact-sm" loading={markAll.isPending} onClick={() => { markAll.mutate(); }}>
            Mark all as read
          </Button>
        )}
      </div>
      <div className={styles["list"]}>
        <AlertList unread={false} />
      </div>
      <div className={styles["foot"]}>
        <Link to="/notifications" onClick={close}>
          Show all alerts
        </Link>
      </div>
    </>
  );
}
