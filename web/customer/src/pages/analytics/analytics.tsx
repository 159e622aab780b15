import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { AnalyticsOverview } from "../../api/client";
import { Page } from "../../layout/page";
import { overviewQuery } from "../../queries/analytics";
import { useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { DaysPanel } from "./days-panel";
import { Integrity } from "./integrity";
import type { Measure } from "./measures";
import { daysBefore, type PeriodSearch } from "./period";
import { PeriodPicker } from "./period-picker";
import { Tiles } from "./tiles";
import { TopEvents } from "./top-events";

/** What happened in the organization, day by day, beside the period before. */
export function AnalyticsPage() {
  const { api } = useDoors();
  const { organization } = useMe();
  const search = useSearch({ from: "/inside/analytics" });
  const today = useToday(organization?.time_zone ?? "UTC");
  const overview = useQuery(overviewQuery(api, rangeOf(search, today)));
  const zone = overview.data?.time_zone ?? organization?.time_zone ?? "UTC";
  return (
    <Page
      title="Analytics"
      says={`What happened in ${organization?.name ?? "this organization"}, by day in ${zone.replaceAll("_", " ")}.`}
      action={<PeriodPicker search={search} period={overview.data?.period} />}
    >
      {overview.isPending && <Loading rows={5} />}
      {overview.isError && !overview.data && <FailureNote error={overview.error} again={() => void overview.refetch()} />}
      {overview.data && <Figures overview={overview.data} stale={overview.isPlaceholderData} />}
    </Page>
  );
}

function Figures({ overview, stale }: { overview: AnalyticsOverview; stale: boolean }) {
  const [measure, setMeasure] = useState<Measure>("events");
  return (
    <>
      <Tiles overview={overview} chosen={measure} choose={setMeasure} />
      <DaysPanel overview={overview} measure={measure} stale={stale} />
      <TopEvents top={overview.top_events} />
      <Integrity />
    </>
  );
}

/** The organization's present day. The server says it again with every answer. */
function useToday(zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date());
}

function rangeOf({ days, from, to }: PeriodSearch, today: string): { from: string | undefined; to: string | undefined } {
  if (from !== undefined || to !== undefined) return { from, to };
  return { from: days === undefined ? undefined : daysBefore(today, days - 1), to: undefined };
}
