import { useQuery } from "@tanstack/react-query";
import { IconHourglass } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import type { Plan, Subscription } from "../../api/billing";
import { Page } from "../../layout/page";
import { plansQuery, subscriptionQuery } from "../../queries/billing";
import { useAllowed, useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { WhyNot } from "../../ui/why-not";
import styles from "./billing.module.css";
import { CurrentPlan } from "./current-plan";
import { Invoices } from "./invoices";
import { Plans } from "./plans";

const ChangeDialog = lazy(() => import("./change-dialog"));

/** What the organization pays and what it gets for it; for whoever may see it, the way to change it. */
export function BillingPage() {
  const { organization } = useMe();
  const { allowed } = useAllowed("billing:read");
  const name = organization?.name ?? "this organization";
  return (
    <Page title="Billing" says={`What ${name} pays, and what it gets for it.`}>
      {allowed ? (
        <Books />
      ) : (
        <p className={styles["limits"]}>
          What {name} pays is not shown to everybody. <WhyNot permission="billing:read" />
        </p>
      )}
    </Page>
  );
}

function Books() {
  const { api } = useDoors();
  const subscription = useQuery(subscriptionQuery(api));
  const plans = useQuery(plansQuery(api));
  const failed = [subscription, plans].find((query) => query.isError && query.data === undefined);
  if (failed) return <FailureNote error={failed.error} again={() => void failed.refetch()} />;
  if (subscription.data === undefined || plans.data === undefined) return <Loading rows={5} />;
  if (subscription.data === null) {
    return (
      <Note icon={<IconHourglass />} title="Your plan is being set up">
        <p>This takes a few seconds after an organization is created. The page shows it as soon as it is there.</p>
      </Note>
    );
  }
  return <Held subscription={subscription.data} plans={plans.data.plans} />;
}

function Held({ subscription, plans }: { subscription: Subscription; plans: Plan[] }) {
  const { allowed } = useAllowed("billing:update");
  const [chosen, choose] = useState<{ plan: Plan; interval: Subscription["interval"] } | null>(null);
  const current = plans.find(({ code }) => code === subscription.plan);
  return (
    <>
      {!allowed && (
        <p className={styles["limits"]}>
          You see the plan here, but cannot change it. <WhyNot permission="billing:update" />
        </p>
      )}
      <CurrentPlan subscription={subscription} plan={current} change={allowed && current ? () => { choose({ plan: current, interval: subscription.interval }); } : undefined} />
      <Plans plans={plans} subscription={subscription} choose={allowed ? (plan, interval) => { choose({ plan, interval }); } : undefined} />
      <Invoices />
      <Suspense>
        {chosen && <ChangeDialog {...chosen} subscription={subscription} close={() => { choose(null); }} />}
      </Suspense>
    </>
  );
}
