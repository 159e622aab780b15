import { IconArrowRight } from "@tabler/icons-react";
import type { Activity } from "../../api/client";
import { When } from "../../../../shared/ui/when";
import styles from "./activity.module.css";
import { actorName, changesOf, deedOf, type Change } from "./words";

export function ActivityRow({ row }: { row: Activity }) {
  const deed = deedOf(row);
  return (
    <li className={styles["row"]} data-testid="activity">
      <div>
        <p className={styles["sentence"]}>
          <strong>{actorName(row.actor)}</strong> {row.on_behalf_of && "on a member's behalf "}
          {deed.before}
          {deed.subject !== null && <strong>{deed.subject}</strong>}
          {deed.after}
        </p>
        <Changes changes={changesOf(row)} />
        <Origin row={row} />
      </div>
      <span className={styles["when"]}>
        <When at={row.at} />
      </span>
    </li>
  );
}

function Changes({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return null;
  return (
    <dl className={styles["changes"]}>
      {changes.map(({ name, before, after }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {before !== "" && <del>{before}</del>}
            {before !== "" && after !== "" && <IconArrowRight size={14} aria-label="now" />}
            {after !== "" && <ins>{after}</ins>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Origin({ row }: { row: Activity }) {
  return (
    <details className={styles["origin"]}>
      <summary>Where it came from</summary>
      <dl>
        <dt>Address</dt>
        <dd>{row.address ?? (row.erased ? "erased" : "inside the platform")}</dd>
        {row.user_agent !== null && (
          <>
            <dt>Program</dt>
            <dd>{row.user_agent}</dd>
          </>
        )}
        <dt>Action</dt>
        <dd>
          <code>{row.action}</code>, number {row.number.toLocaleString()}
        </dd>
        <dt>Request</dt>
        <dd>
          <code>{row.request_id}</code>
        </dd>
      </dl>
    </details>
  );
}
