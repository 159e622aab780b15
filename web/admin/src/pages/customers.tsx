import { Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconUserSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { date } from "../../../shared/ui/when";
import { unwrap, type Customer } from "../api/client";
import { useDoors } from "../doors";
import { Page, pageStyles as styles, Panel, Tag } from "../layout/page";
import { FailureNote } from "../ui/failure";
import { money } from "../ui/money";
import own from "./customers.module.css";

/** Every organization, the newest first; a search by name, address or id. */
export function CustomersPage() {
  const { query } = useSearch({ from: "/inside/customers" });
  const navigate = useNavigate();
  const [text, setText] = useState(query ?? "");
  const [settled] = useDebouncedValue(text.trim(), 250);
  // At once, not when the text has settled: a late change of the address would take back a click made meanwhile.
  const change = (value: string): void => {
    setText(value);
    const query = value.trim();
    void navigate({ to: "/customers", search: query === "" ? {} : { query }, replace: true });
  };
  return (
    <Page title="Customers" says="Found by the start of a word of the name, by a member's name or e-mail, or by an id.">
      <TextInput
        aria-label="Search customers"
        placeholder="Name, e-mail or id"
        leftSection={<IconSearch size={18} aria-hidden />}
        value={text}
        onChange={(event) => { change(event.currentTarget.value); }}
        type="search"
        size="md"
      />
      <CustomerList query={settled} />
    </Page>
  );
}

function CustomerList({ query }: { query: string }) {
  const { api } = useDoors();
  const list = useInfiniteQuery({
    queryKey: ["customers", query],
    queryFn: ({ pageParam }) =>
      unwrap(api.GET("/admin/v1/customers", { params: { query: { limit: 50, ...(query === "" ? {} : { query }), ...(pageParam === null ? {} : { cursor: pageParam }) } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });
  const customers = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Organizations" aside={<span className={styles["dim"]}>{list.data && `${customers.length.toLocaleString()}${list.hasNextPage ? "+" : ""}`}</span>}>
      {list.isPending && <Loading rows={5} />}
      {list.isError && !list.data && <FailureNote error={list.error} again={() => void list.refetch()} />}
      {list.data && customers.length === 0 && (
        <Note icon={<IconUserSearch />} title="Nobody found">
          <p>{query === "" ? "No organization has registered yet." : "Try the beginning of a word, or the whole id."}</p>
        </Note>
      )}
      <ul className={styles["list"]}>
        {customers.map((customer) => (
          <Row key={customer.id} customer={customer} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Panel>
  );
}

function Row({ customer }: { customer: Customer }) {
  const { subscription } = customer;
  return (
    <li className={`${styles["row"] ?? ""} ${own["customer"] ?? ""}`}>
      <Link to="/customers/$id" params={{ id: customer.id }} className={own["name"] ?? ""}>
        {customer.name}
      </Link>
      <span className={styles["dim"]}>{customer.members === 1 ? "1 member" : `${customer.members.toLocaleString()} members`}</span>
      <span>{subscription ? <Plan subscription={subscription} /> : <Tag>no plan yet</Tag>}</span>
      <span className={styles["dim"]}>{subscription && subscription.mrr.amount > 0 ? `${money(subscription.mrr)} a month` : ""}</span>
      <span className={styles["dim"]}>since {date(Date.parse(customer.created_at))}</span>
    </li>
  );
}

/** The plan, and its state where that is worth a look. */
export function Plan({ subscription }: { subscription: NonNullable<Customer["subscription"]> }) {
  const { plan, status } = subscription;
  const well = status === "active" || status === "trialing";
  return <Tag tone={well ? "good" : "warn"}>{status === "active" ? plan : `${plan}, ${status.replaceAll("_", " ")}`}</Tag>;
}
