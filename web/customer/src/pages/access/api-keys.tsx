import { Button } from "@mantine/core";
import { IconCode, IconLock, IconPlus } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import type { ListedKey } from "../../queries/access";
import { Page, Panel } from "../../layout/page";
import { apiKeysQuery } from "../../queries/access";
import { useAllowed, useMe } from "../../queries/me";
import { useDoors } from "../../session/doors";
import { FailureNote } from "../../ui/failure";
import { Loading } from "../../../../shared/ui/loading";
import { Note } from "../../../../shared/ui/note";
import { WhyNot } from "../../ui/why-not";
import { When } from "../../../../shared/ui/when";
import styles from "./access.module.css";

const NewKeyDialog = lazy(() => import("./new-key-dialog"));
const RotateDialog = lazy(() => import("./rotate-dialog"));
const RevokeDialog = lazy(() => import("./revoke-dialog"));

type Open = { kind: "new" } | { kind: "rotate" | "revoke"; key: ListedKey } | null;

/** The organization's API keys, without their secrets. */
export function ApiKeysPage() {
  const reading = useAllowed("api_keys:read");
  const changing = useAllowed("api_keys:update");
  const [open, setOpen] = useState<Open>(null);
  const close = (): void => { setOpen(null); };
  const button = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => { setOpen({ kind: "new" }); }}>
      New API key
    </Button>
  );
  return (
    <Page title="API keys" says="For programs that work with this organization. A key may never do more than whoever made it may at that moment." action={changing.allowed && button}>
      {reading.allowed ? (
        <KeyList open={setOpen} />
      ) : (
        <Note icon={<IconLock />} title="Not for your role">
          <p><WhyNot permission="api_keys:read" /></p>
        </Note>
      )}
      <Suspense>
        {open?.kind === "new" && <NewKeyDialog close={close} />}
        {open?.kind === "rotate" && <RotateDialog apiKey={open.key} close={close} />}
        {open?.kind === "revoke" && <RevokeDialog apiKey={open.key} close={close} />}
      </Suspense>
    </Page>
  );
}

function KeyList({ open }: { open: (what: Open) => void }) {
  const { api } = useDoors();
  const keys = useInfiniteQuery(apiKeysQuery(api));
  const items = keys.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Keys">
      {keys.isPending && <Loading />}
      {keys.isError && !keys.data && <FailureNote error={keys.error} again={() => void keys.refetch()} />}
      {keys.data && items.length === 0 && (
        <Note icon={<IconCode />} title="No keys yet">
          <p>Make one to send events or to read data from a program of yours.</p>
        </Note>
      )}
      <ul className={styles["list"]}>
        {items.map((key) => (
          <KeyRow key={key.id} apiKey={key} open={open} />
        ))}
      </ul>
      {keys.hasNextPage && (
        <Button className={styles["more"] ?? ""} variant="subtle" loading={keys.isFetchingNextPage} onClick={() => void keys.fetchNextPage()}>
          Show more keys
        </Button>
      )}
    </Panel>
  );
}

function KeyRow({ apiKey, open }: { apiKey: ListedKey; open: (what: Open) => void }) {
  const changing = useAllowed("api_keys:update");
  const me = useMe();
  const mine = apiKey.service_account_id !== null || apiKey.created_by === me.user.id;
  const { over } = apiKey;
  return (
    <li className={styles["row"]} data-testid="api-key">
      <div className={styles["main"]}>
        <p className={styles["name"]}>
          {apiKey.name}
          {over && <span className={styles["tag"]}>Expired</span>}
        </p>
        <p className={styles["says"]}>
          obk_…{apiKey.hint} · {apiKey.service_account_name ?? apiKey.creator_name ?? "Somebody who left"} ·{" "}
          {apiKey.permissions === null ? "all its account may do" : apiKey.permissions.join(", ")}
        </p>
        <p className={styles["says"]}>
          {apiKey.last_used_at === null ? "Never used" : <>Last used <When at={apiKey.last_used_at} /></>}
          {apiKey.expires_at === null ? " · no end" : <> · ends <When at={apiKey.expires_at} /></>}
        </p>
      </div>
      {changing.allowed && (
        <div className={styles["buttons"]}>
          {mine && !over && (
            <Button size="compact-md" variant="default" aria-label={`Rotate ${apiKey.name}`} onClick={() => { open({ kind: "rotate", key: apiKey }); }}>
              Rotate
            </Button>
          )}
          <Button size="compact-md" variant="subtle" color="red" aria-label={`Revoke ${apiKey.name}`} onClick={() => { open({ kind: "revoke", key: apiKey }); }}>
            Revoke
          </Button>
        </div>
      )}
    </li>
  );
}
