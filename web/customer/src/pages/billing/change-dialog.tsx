import { Button, Modal, Radio, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Interval, Operation, Plan, Subscription } from "../../api/billing";
import { isOperation, useChangePlan } from "../../queries/billing";
import { FormError, goToFirst, showFieldErrors } from "../../ui/form-error";
import { toast } from "../../ui/toast";
import styles from "./billing.module.css";
import { charge, money } from "./words";

const CARDS = [
  { value: "pm_card_visa", label: "Visa ending 4242", says: "Stripe's test card that is charged" },
  { value: "pm_card_chargeCustomerFail", label: "Visa ending 0341", says: "Stripe's test card that is declined" },
];

interface ChangeProps {
  plan: Plan;
  interval: Interval;
  subscription: Subscription;
  close: () => void;
}

/** What it will cost, before it is bought. */
export default function ChangeDialog(props: ChangeProps) {
  const { plan, subscription, close } = props;
  const title = plan.code === subscription.plan ? `Change ${plan.name}` : `Change to ${plan.name}`;
  return (
    <Modal opened onClose={close} title={title}>
      <ChangeForm {...props} />
    </Modal>
  );
}

function ChangeForm({ plan, interval, subscription, close }: ChangeProps) {
  const change = useChangePlan(subscription);
  const needsCard = charge(plan, interval, plan.seats) > 0 && !subscription.has_payment_method;
  const first = plan.code === subscription.plan ? subscription.seats : plan.seats;
  const form = useForm({ initialValues: { seats: String(first), card: CARDS[0]?.value ?? "" }, validate: { seats: (value) => wrongSeats(plan, value) } });
  const seats = Number(form.values.seats) || plan.seats;
  const done = (answer: Subscription | Operation): void => {
    close();
    toast(isOperation(answer) ? { title: "On its way", text: "Stripe takes longer than usual; this page follows." } : { title: `You are on ${plan.name}` });
  };
  const send = form.onSubmit(({ card }) => {
    const body = { plan: plan.code, interval, seats: plan.per_seat ? seats : null, payment_method: needsCard ? card : null };
    change.mutate(body, { onSuccess: done, onError: (error: unknown) => { showFieldErrors(form, error, ["seats"]); } });
  }, goToFirst(form));
  return (
    <form className={styles["dialog"]} onSubmit={send} noValidate>
      <FormError error={change.error} shown={form.errors} />
      {plan.per_seat && <TextInput label="Seats" type="number" inputMode="numeric" min={plan.seats} max={10_000} data-autofocus {...form.getInputProps("seats")} />}
      {needsCard && <Cards value={form.values.card} onChange={(card) => { form.setFieldValue("card", card); }} />}
      <Costs plan={plan} interval={interval} seats={seats} subscription={subscription} />
      <div className={styles["buttons"]}>
        <Button variant="default" onClick={close}>
          Not now
        </Button>
        <Button type="submit" loading={change.isPending}>
          Change the plan
        </Button>
      </div>
    </form>
  );
}

function wrongSeats(plan: Plan, value: string): string | null {
  if (!plan.per_seat) return null;
  const seats = Number(value);
  const sold = Number.isInteger(seats) && seats >= plan.seats && seats <= 10_000;
  return sold ? null : `Enter a whole number from ${plan.seats.toLocaleString()} to 10,000.`;
}

function Cards({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Radio.Group label="Card" value={value} onChange={onChange}>
      {CARDS.map((card) => (
        <Radio key={card.value} value={card.value} label={card.label} description={card.says} mt="xs" />
      ))}
    </Radio.Group>
  );
}

function Costs({ plan, interval, seats, subscription }: { plan: Plan; interval: Interval; seats: number; subscription: Subscription }) {
  const after = charge(plan, interval, seats);
  const total = money({ amount: after, currency: subscription.mrr.currency });
  if (after === 0) return <p>Free costs nothing. What is left of the time you paid for is credited to your next invoice. Nobody is removed, but Free&apos;s limits apply at once.</p>;
  return (
    <p className={styles["costs"]}>
      <strong>{total}</strong> a {interval}
      {plan.per_seat && ` for ${seats.toLocaleString()} ${seats === 1 ? "seat" : "seats"}`}. More than before is charged now for the rest of the period; less is credited.
    </p>
  );
}
