import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Loading } from "../../../shared/ui/loading";
import { unwrap, type Overview, type Shelf } from "../api/client";
import { useAllowed, useDoors } from "../doors";
import { Fact, Facts, Page, pageStyles as styles, Panel, Tag } from "../layout/page";
import { FailureNote } from "../ui/failure";
import { money } from "../ui/money";

/** The numbers of the platform, as far as the reader's role sees them. */
export function DashboardPage() {
  const customers = useAllowed("customers:read");
  const letters = useAllowed("deadletters:read");
  return (
    <Page title="Overview" says="The platform as of now, from the events of its services.">
      {customers && <Customers />}
      {letters && <Letters />}
      {!customers && !letters && <p>Your role sees no numbers here.</p>}
    </Page>
  );
}

function Customers() {
  const { api } = useDoors();
  const overview = useQuery({ queryKey: ["overview"], queryFn: () => unwrap(api.GET("/admin/v1/overview")) });
  return (
    <Panel title="Customers">
      {overview.isPending && <Loading rows={2} />}
      {overview.isError && !overview.data && <FailureNote error={overview.error} again={() => void overview.refetch()} />}
      {overview.data && <Numbers overview={overview.data} />}
    </Panel>
  );
}

function revenue({ plans }: Overview): string {
  const sums = new Map<string, number>();
  for (const { mrr } of plans) sums.set(mrr.currency, (sums.get(mrr.currency) ?? 0) + mrr.amount);
  const parts = [...sums].filter(([, amount]) => amount > 0).map(([currency, amount]) => money({ amount, currency }));
  return parts.length > 0 ? parts.join(" + ") : "none yet";
}

function Numbers({ overview }: { overview: Overview }) {
  return (
    <>
      <Facts>
        <Fact name="Organizations">{overview.customers.toLocaleString()}</Fact>
        <Fact name="New in seven days">{overview.new_customers.toLocaleString()}</Fact>
        <Fact name="People">{overview.people.toLocaleString()}</Fact>
        <Fact name="Revenue a month">{revenue(overview)}</Fact>
      </Facts>
      {overview.plans.length > 0 && (
        <Facts>
          {overview.plans.map(({ plan, customers, mrr }) => (
            <Fact key={`${plan} ${mrr.currency}`} name={`On ${plan}`}>
              {customers.toLocaleString()}
            </Fact>
          ))}
        </Facts>
      )}
    </>
  );
}

function Letters() {
  const { api } = useDoors();
  const shelves = useQuery({
    queryKey: ["dead-letters"],
    queryFn: () => unwrap(api.GET("/admin/v1/deadletters", { params: { query: { state: "dead" } } })),
  });
  return (
    <Panel title="Dead letters" aside={<Link to="/dead-letters">Look at them</Link>}>
      {shelves.isPending && <Loading rows={3} />}
      {shelves.isError && !shelves.data && <FailureNote error={shelves.error} again={() => void shelves.refetch()} />}
      <ul className={styles["list"]}>
        {shelves.data?.services.map((shelf) => (
          <li key={shelf.service} className={styles["row"]} data-columns="two">
            <span className={styles["strong"]}>{shelf.service}</span>
            <span>
              <ShelfState shelf={shelf} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** How a service stands, in one word or number. */
export function ShelfState({ shelf }: { shelf: Shelf }) {
  if (!shelf.available) return <Tag tone="warn">worker does not answer</Tag>;
  const count = shelf.groups.reduce((total, group) => total + group.count, 0);
  return count === 0 ? <Tag tone="good">none</Tag> : <Tag tone="bad">{count.toLocaleString()}</Tag>;
}
