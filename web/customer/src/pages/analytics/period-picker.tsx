import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState, type SyntheticEvent } from "react";
import styles from "./analytics.module.css";
import type { PeriodSearch } from "./period";

const CHOICES = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "own", label: "Other" },
];

/** Which days to look at: the last so many, or two of one's own. */
export function PeriodPicker({ search, period }: { search: PeriodSearch; period: { first: string; last: string } | undefined }) {
  const navigate = useNavigate();
  const [own, setOwn] = useState(search.from !== undefined);
  const go = (to: PeriodSearch): void => void navigate({ to: "/analytics", search: to, replace: true });
  const choose = (value: string): void => {
    setOwn(value === "own");
    if (value !== "own") go({ days: value === "7" ? 7 : value === "90" ? 90 : undefined });
  };
  return (
    <div className={styles["period"]}>
      <SegmentedControl data={CHOICES} value={own ? "own" : String(search.days ?? 30)} onChange={choose} aria-label="Period" />
      {own && <OwnPeriod first={search.from ?? period?.first ?? ""} last={search.to ?? period?.last ?? ""} go={go} />}
    </div>
  );
}

function OwnPeriod({ first, last, go }: { first: string; last: string; go: (search: PeriodSearch) => void }) {
  const [from, setFrom] = useState(first);
  const [to, setTo] = useState(last);
  const wrong = from === "" || to === "" || from > to;
  const show = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!wrong) go({ from, to });
  };
  return (
    <form className={styles["own"]} onSubmit={show}>
      <TextInput type="date" label="From" value={from} max={to} onChange={(event) => { setFrom(event.currentTarget.value); }} />
      <TextInput type="date" label="To" value={to} min={from} onChange={(event) => { setTo(event.currentTarget.value); }} />
      <Button type="submit" variant="default" disabled={wrong}>
        Show
      </Button>
    </form>
  );
}
