import { Button } from "@mantine/core";
import { IconLock, IconPlus, IconRobot } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { ServiceAccount } from "../../api/client";
import { explain } from "../../../../shared/api/problem";
import { Page, Panel } from "../../layout/page";
import { serviceAccountsQuery, useSwitchAccount } from "../../queries/access";
import { useAllowed } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { toast } from "../../ui/toast";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { WhyNot } from "../../ui/why-not";
import styles from "./access.module.css";

const NewAccountDialog = lazy(() => import("./new-account-dialog"));
const NewKeyDialog = lazy(() => import("./new-key-dialog"));
const DeleteAccountDialog = lazy(() => import("./delete-account-dialog"));

type Open = { kind: "new" } | { kind: "key" | "delete"; account: ServiceAccount } | null;

/** Agents as members: each with a role, keys of its own, and a switch that stops it at once. */
export function ServiceAccountsPage() {
  const reading = useAllowed("service_accounts:read");
  const changing = useAllowed("service_accounts:update");
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => { setOpen(null); };
  const button = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => { setOpen({ kind: "new" }); }}>
      New service account
    </Button>
  );
  return (
    <Page title="Service accounts" says="Agents that work here as members. One may do what its role and the person answering for it both may; it takes no seat." action={changing.allowed && button}>
      {reading.allowed ? (
        <AccountList open={setOpen} />
      ) : (
        <Note icon={<IconLock />} title="Not for your role">
          <p><WhyNot permission="service_accounts:read" /></p>
        </Note>
      )}
      <Suspense>
        {open?.kind === "new" && <NewAccountDialog close={close} />}
        {open?.kind === "key" && <NewKeyDialog account={open.account} close={close} />}
        {open?.kind === "delete" && <DeleteAccountDialog account={open.account} close={close} />}
      </Suspense>
    </Page>
  );
}

function AccountList({ open }: { open: (what: Open) => void }) {
  const { api } = useDoors();
  const accounts = useInfiniteQuery(serviceAccountsQuery(api));
  const items = accounts.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Accounts">
      {accounts.isPending && <Loading />}
      {accounts.isError && !accounts.data && <FailureNote error={accounts.error} again={() => void accounts.refetch()} />}
      {accounts.data && items.length === 0 && (
        <Note icon={<IconRobot />} title="No agents yet">
          <p>Make a service account for each agent, so that you see what it does and can stop it by itself.</p>
        </Note>
      )}
      <ul className={styles["list"]}>
        {items.map((account) => (
          <AccountRow key={account.id} account={account} open={open} />
        ))}
      </ul>
      {accounts.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={accounts.isFetchingNextPage} onClick={() => void accounts.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Panel>
  );
}

function AccountRow({ account, open }: { account: ServiceAccount; open: (what: Open) => void }) {
  const changing = useAllowed("service_accounts:update");
  const keys = useAllowed("api_keys:update");
  const { name, api_keys } = account;
  return (
    <li className={styles["row"]} data-testid="service-account">
      <div className={styles["main"]}>
        <p className={styles["name"]}>
          {name}
          <span className={styles["tag"]}>{account.state === "active" ? "Active" : "Stopped"}</span>
        </p>
        {account.description !== "" && <p className={styles["says"]}>{account.description}</p>}
        <p className={styles["says"]}>
          {account.role_name} · {account.delegator_name === null ? "nobody answers for it" : `${account.delegator_name} answers for it`} · {api_keys.toLocaleString()}{" "}
          {api_keys === 1 ? "key" : "keys"}
        </p>
      </div>
      {changing.allowed && (
        <div className={styles["buttons"]}>
          {keys.allowed && account.state === "active" && (
            <Button size="compact-md" variant="default" aria-label={`New key for ${name}`} onClick={() => { open({ kind: "key", account }); }}>
              New key
            </Button>
          )}
          <KillSwitch account={account} />
          <Button size="compact-md" variant="subtle" color="red" aria-label={`Delete ${name}`} onClick={() => { open({ kind: "delete", account }); }}>
            Delete
          </Button>
        </div>
      )}
    </li>
  );
}

/** Stops at once and without asking; starting again is one click too. */
function KillSwitch({ account }: { account: ServiceAccount }) {
  const change = useSwitchAccount();
  const active = account.state === "active";
  const told = (): void => { toast({ title: active ? `${account.name} is stopped` : `${account.name} works again` }); };
  const failed = (error: unknown): void => { toast({ title: `${account.name} was not changed`, text: explain(error), tone: "failure" }); };
  return (
    <Button
      size="compact-md"
      variant={active ? "filled" : "default"}
      {...(active && { color: "red" })}
      loading={change.isPending}
      aria-label={`${active ? "Stop" : "Start"} ${account.name}`}
      onClick={() => { change.mutate({ account, state: active ? "disabled" : "active" }, { onSuccess: told, onError: failed }); }}
    >
      {active ? "Stop" : "Start"}
    </Button>
  );
}
