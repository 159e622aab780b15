import { Button } from "@mantine/core";
import { IconReceipt } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { date } from "../../../../shared/ui/when";
import type { Invoice } from "../../api/billing";
import { Panel } from "../../layout/page";
import { invoicesQuery } from "../../queries/billing";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import styles from "./billing.module.css";
import { money } from "./words";

const STATUSES: Record<Invoice["status"], string> = { open: "Open", paid: "Paid", uncollectible: "Written off", void: "Void" };

/** What was asked for and what was paid, the newest first. */
export function Invoices() {
  const { api } = useDoors();
  const { data, error, isPending, isError, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(invoicesQuery(api));
  const invoices = data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Panel title="Invoices">
      {isPending && <Loading rows={2} />}
      {isError && <FailureNote error={error} again={() => void refetch()} />}
      {data && invoices.length === 0 && (
        <Note icon={<IconReceipt />} title="No invoice yet">
          <p>They appear here as soon as one is issued.</p>
        </Note>
      )}
      {invoices.length > 0 && <List invoices={invoices} />}
      {hasNextPage && (
        <Button variant="subtle" className={styles["more"] ?? ""} loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Panel>
  );
}

function List({ invoices }: { invoices: Invoice[] }) {
  return (
    <ul className={styles["invoices"]} aria-label="Invoices">
      {invoices.map((invoice) => (
        <li key={invoice.id}>
          <span className={styles["number"]}>{invoice.number ?? "Not numbered"}</span>
          <time dateTime={invoice.created_at}>{date(Date.parse(invoice.created_at))}</time>
          <span className={styles["total"]}>{money(invoice.total)}</span>
          <span className={styles["state"]} data-status={invoice.status}>
            {STATUSES[invoice.status]}
          </span>
          <span className={styles["links"]}>
            {invoice.hosted_url !== null && (
              <a href={invoice.hosted_url} target="_blank" rel="noreferrer" aria-label={`View ${invoice.number ?? "invoice"}`}>
                View
              </a>
            )}
            {invoice.pdf_url !== null && (
              <a href={invoice.pdf_url} target="_blank" rel="noreferrer" aria-label={`PDF of ${invoice.number ?? "invoice"}`}>
                PDF
              </a>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
