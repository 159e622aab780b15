import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Interval, Plan, Subscription } from "../../api/billing";
import { Panel } from "../../layout/page";
import styles from "./billing.module.css";
import { featureName, limitWords, priceWords, seatWords } from "./words";

const INTERVALS = [
  { value: "month", label: "Monthly" },
  { value: "year", label: "Yearly" },
];

interface PlansProps {
  plans: Plan[];
  subscription: Subscription;
  choose: ((plan: Plan, interval: Interval) => void) | undefined;
}

/** Everything on offer, beside each other. */
export function Plans({ plans, subscription, choose }: PlansProps) {
  const [interval, setInterval] = useState<Interval>(subscription.interval);
  const show = (value: string): void => { setInterval(value === "year" ? "year" : "month"); };
  return (
    <Panel title="Plans" aside={<SegmentedControl size="xs" data={INTERVALS} value={interval} onChange={show} aria-label="Billed" />}>
      <ul className={styles["plans"]} aria-label="Plans on offer">
        {plans.map((plan) => (
          <Offer key={plan.code} plan={plan} interval={interval} subscription={subscription} choose={choose} />
        ))}
      </ul>
    </Panel>
  );
}

function Offer({ plan, interval, subscription, choose }: { plan: Plan; interval: Interval } & Omit<PlansProps, "plans">) {
  const held = plan.code === subscription.plan;
  const same = held && (interval === subscription.interval || plan.code === "free");
  const price = priceWords(plan, interval);
  return (
    <li className={styles["plan"]} data-held={held || undefined}>
      <h3>{plan.name}</h3>
      <p className={styles["summary"]}>{plan.summary}</p>
      <p className={styles["price"]}>
        <strong>{price.amount}</strong> <span>{price.per}</span>
      </p>
      <ul className={styles["contents"]}>
        <li>{seatWords(plan)}</li>
        {Object.entries(plan.limits).map(([code, bound]) => (
          <li key={code}>{limitWords(code, bound)}</li>
        ))}
        {plan.features.map((code) => (
          <li key={code}>{featureName(code)}</li>
        ))}
      </ul>
      {same && <p className={styles["yours"]}>Your plan</p>}
      {!same && choose && (
        <Button
          variant={held ? "default" : "light"}
          disabled={subscription.pending_operation !== null}
          onClick={() => { choose(plan, interval); }}
          aria-label={held ? `Pay ${plan.name} by the ${interval}` : `Choose ${plan.name}`}
        >
          {held ? `Pay by the ${interval}` : `Choose ${plan.name}`}
        </Button>
      )}
    </li>
  );
}
