import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { explain } from "../../../../shared/api/problem";
import { date } from "../../../../shared/ui/when";
import type { Plan, Subscription } from "../../api/billing";
import { Panel } from "../../layout/page";
import { entitlementsQuery, useResume } from "../../queries/billing";
import { membersQuery } from "../../queries/members";
import { useDoors } from "../../session/doors";
import { toast } from "../../ui/toast";
import styles from "./billing.module.css";
import { charge, featureName, limitWords, money, statusWords } from "./words";

const CancelDialog = lazy(() => import("./cancel-dialog"));

/** The plan as it is: what it costs, until when, what it allows. `change` is absent for who may only look. */
export function CurrentPlan({ subscription, plan, change }: { subscription: Subscription; plan: Plan | undefined; change: (() => void) | undefined }) {
  const paid = subscription.mrr.amount > 0;
  const until = date(Date.parse(subscription.current_period_end));
  const status = subscription.pending_operation === null ? statusWords(subscription) : "Changing …";
  return (
    <Panel title={plan?.name ?? subscription.plan} aside={<span className={styles["status"]} data-status={subscription.status}>{status}</span>}>
      <div className={styles["current"]}>
        <dl className={styles["facts"]}>
          <div>
            <dt>{subscription.interval === "year" ? "A year" : "A month"}</dt>
            <dd>{plan ? money({ amount: charge(plan, subscription.interval, subscription.seats), currency: subscription.mrr.currency }) : "–"}</dd>
          </div>
          {paid && (
            <div>
              <dt>{subscription.cancel_at_period_end ? "Ends on" : "Renews on"}</dt>
              <dd>{until}</dd>
            </div>
          )}
          <Seats />
        </dl>
        <Allowed />
        {change && paid && <Actions subscription={subscription} change={change} perSeat={plan?.per_seat === true} until={until} />}
      </div>
    </Panel>
  );
}

/** How many people there are for how many seats; more than a page of them is not counted out. */
function Seats() {
  const { api } = useDoors();
  const members = useInfiniteQuery(membersQuery(api));
  const entitlements = useQuery(entitlementsQuery(api));
  if (!members.data || !entitlements.data) return null;
  const { seats } = entitlements.data;
  const count = members.data.pages.reduce((sum, page) => sum + page.items.length, 0);
  return (
    <div>
      <dt>Members</dt>
      <dd>
        {String(count)}
        {members.hasNextPage && "+"} <small>of {seats.toLocaleString()} seats</small>
      </dd>
    </div>
  );
}

function Allowed() {
  const { api } = useDoors();
  const { data } = useQuery(entitlementsQuery(api));
  if (!data) return null;
  return (
    <ul className={styles["allowed"]} aria-label="Included">
      {Object.entries(data.limits).map(([code, bound]) => (
        <li key={code}>{limitWords(code, bound)}</li>
      ))}
      {data.features.map((code) => (
        <li key={code}>{featureName(code)}</li>
      ))}
    </ul>
  );
}

function Actions({ subscription, change, perSeat, until }: { subscription: Subscription; change: () => void; perSeat: boolean; until: string }) {
  const [canceling, setCanceling] = useState(false);
  const resume = useResume();
  const resumed = {
    onSuccess: () => { toast({ title: "The plan goes on" }); },
    onError: (error: unknown) => { toast({ title: "The plan was not resumed", text: explain(error), tone: "failure" }); },
  };
  return (
    <div className={styles["buttons"]}>
      {perSeat && (
        <Button variant="default" onClick={change}>
          Change seats
        </Button>
      )}
      {subscription.cancel_at_period_end ? (
        <Button loading={resume.isPending} onClick={() => { resume.mutate(undefined, resumed); }}>
          Keep the plan
        </Button>
      ) : (
        <Button variant="subtle" color="red" onClick={() => { setCanceling(true); }}>
          Cancel plan
        </Button>
      )}
      <Suspense>{canceling && <CancelDialog until={until} close={() => { setCanceling(false); }} />}</Suspense>
    </div>
  );
}
