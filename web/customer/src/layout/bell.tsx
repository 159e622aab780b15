import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { unreadQuery } from "../queries/notifications";
import { useDoors } from "../session/doors";
import { useLive } from "../stream/live";
import { Drop } from "../ui/drop";
import { Loading } from "../../../shared/ui/loading";
import styles from "./bell.module.css";

const POLL_MS = 30_000;
const LatestAlerts = lazy(() => import("./latest-alerts"));

/** The unread count, live, and the latest alerts behind it. Polls only while the live connection is away. */
export function Bell() {
  const { api } = useDoors();
  const { state } = useLive();
  const { data } = useQuery({ ...unreadQuery(api), refetchInterval: state.status === "live" ? false : POLL_MS });
  const unread = data?.unread_count ?? 0;
  const button = (
    <>
      <IconBell size={21} stroke={1.7} aria-hidden />
      {unread > 0 && <span className={styles["badge"]}>{unread > 99 ? "99+" : unread}</span>}
    </>
  );
  return (
    <Drop side="end" round label={unread === 0 ? "Alerts, nothing unread" : `Alerts, ${String(unread)} unread`} title="Latest alerts" button={button}>
      {(close) => (
        <div data-wide>
          <Suspense fallback={<Loading />}>
            <LatestAlerts unread={unread} close={close} />
          </Suspense>
        </div>
      )}
    </Drop>
  );
}
