import { Button } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { explain } from "../../../../shared/api/problem";
import { integrityQuery } from "../../queries/analytics";
import { useDoors } from "../../session/doors";
import styles from "./analytics.module.css";

/** Whether the numbers above are right: every raw event against its counts, when the reader asks. */
export function Integrity() {
  const { api } = useDoors();
  const { data, error, isFetching, refetch } = useQuery(integrityQuery(api));
  return (
    <div className={styles["integrity"]}>
      <Button variant="default" size="xs" loading={isFetching} leftSection={<IconCircleCheck size={16} />} onClick={() => void refetch()}>
        Check these numbers
      </Button>
      <p role="status">
        {error !== null && explain(error)}
        {error === null && data?.consistent === true && `All ${data.raw.toLocaleString()} events are counted, each once.`}
        {error === null && data?.consistent === false && "Some counts differ from the events. Tell support; they can be made anew from the events."}
      </p>
    </div>
  );
}
