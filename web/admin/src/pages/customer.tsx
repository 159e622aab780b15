import { IconUserOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Problem } from "../../../shared/api/problem";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { date, When } from "../../../shared/ui/when";
import { unwrap, type CustomerPage } from "../api/client";
import { useDoors } from "../doors";
import { Fact, Facts, Page, pageStyles as styles, Panel } from "../layout/page";
import { FailureNote } from "../ui/failure";
import { money } from "../ui/money";
import own from "./customer.module.css";
import { Plan } from "./customers";

/** One customer: the organization, who belongs to it, what it pays, what happened lately. */
export function CustomerDetails() {
  const { api } = useDoors();
  const { id } = useParams({ from: "/inside/customers/$id" });
  const page = useQuery({
    queryKey: ["customer", id],
    queryFn: () => unwrap(api.GET("/admin/v1/customers/{organization_id}", { params: { path: { organization_id: id } } })),
  });
  if (page.error instanceof Problem && page.error.status === 404) return <NobodyThere />;
  return (
    <Page title={page.data?.customer.name ?? "Customer"} says={<Link to="/customers">All customers</Link>}>
      {page.isPending && <Loading rows={6} />}
      {page.isError && !page.data && <FailureNote error={page.error} again={() => void page.refetch()} />}
      {page.data && <Details page={page.data} />}
    </Page>
  );
}

function NobodyThere() {
  return (
    <Page title="Customer" says={<Link to="/customers">All customers</Link>}>
      <Note icon={<IconUserOff />} title="There is no such customer" />
    </Page>
  );
}

function Details({ page: { customer, members, events } }: { page: CustomerPage }) {
  const { subscription } = customer;
  return (
    <>
      <Panel title="Organization" aside={subscription && <Plan subscription={subscription} />}>
        <Facts>
          <Fact name="Since">{date(Date.parse(customer.created_at))}</Fact>
          <Fact name="Members">{customer.members.toLocaleString()}</Fact>
          <Fact name="Seats">{subscription ? subscription.seats.toLocaleString() : "not known"}</Fact>
          <Fact name="A month">{subscription ? money(subscription.mrr) : "not known"}</Fact>
          <Fact name="Period ends">{subscription ? date(Date.parse(subscription.current_period_end)) : "not known"}</Fact>
        </Facts>
        <p className={own["id"]}>
          <code>{customer.id}</code> · {customer.slug}
        </p>
      </Panel>
      <div className={own["columns"]}>
        <Members members={members} />
        <Events events={events} />
      </div>
    </>
  );
}

function Members({ members }: Pick<CustomerPage, "members">) {
  return (
    <Panel title="Members">
      <ul className={styles["list"]}>
        {members.map((member) => (
          <li key={member.user_id} className={`${styles["row"] ?? ""} ${own["two"] ?? ""}`}>
            <div>
              <div className={styles["strong"]}>{member.name}</div>
              <div className={styles["dim"]}>{member.email}</div>
            </div>
            <span className={styles["dim"]}>{member.role.replaceAll("_", " ")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Events({ events }: Pick<CustomerPage, "events">) {
  return (
    <Panel title="Lately">
      <ul className={styles["list"]}>
        {events.map((event) => (
          <li key={event.id} className={`${styles["row"] ?? ""} ${own["two"] ?? ""}`}>
            <code>{event.type}</code>
            <span className={styles["dim"]}>
              <When at={event.at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
