import { Button } from "@mantine/core";
import { IconUserPlus } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Home } from "../api/client";
import { Page, Panel } from "../layout/page";
import { homeQuery, missing, type Part } from "../queries/home";
import { spokenRole, useAllowed, useMe } from "../queries/me";
import { invitationsQuery, membersQuery } from "../queries/members";
import { useDoors } from "../session/doors";
import { AlertList } from "../ui/alert-list";
import { FailureNote } from "../ui/failure";
import { Loading } from "../../../shared/ui/loading";
import { Note } from "../../../shared/ui/note";
import { Initials } from "../ui/person";
import styles from "./home.module.css";

function greeting(name: string): string {
  const hour = new Date().getHours();
  const part = hour < 5 ? "Good night" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
  return `${part}, ${name.split(" ")[0] ?? name}`;
}

export function HomePage() {
  const { user, organization, role, role_name } = useMe();
  return (
    <Page title={greeting(user.name)} says={`${organization?.name ?? ""}, where you are ${spokenRole(role, role_name)}.`}>
      <Figures />
      <div className={styles["columns"]}>
        <Panel title="Latest alerts" aside={<Link to="/notifications">All alerts</Link>}>
          <AlertList unread={false} />
        </Panel>
        <Team />
      </div>
    </Page>
  );
}

interface Counted {
  data?: { pages: { items: unknown[]; next_cursor: string | null }[] } | undefined;
  isError: boolean;
}

/** The number of entries read so far, with a plus when there are more. */
function counted({ data, isError }: Counted): string {
  if (!data) return isError ? "–" : "…";
  const more = data.pages.at(-1)?.next_cursor != null;
  const items = data.pages.reduce((total, page) => total + page.items.length, 0);
  return `${items.toLocaleString()}${more ? "+" : ""}`;
}

/** Asked for in one request; what this reader may not see is not shown, what is away for the moment is a dash. */
function Figures() {
  const { api } = useDoors();
  const mayInvite = useAllowed("invitations:read").allowed;
  const invitations = useInfiniteQuery({ ...invitationsQuery(api), enabled: mayInvite });
  const { data: home, isError } = useQuery(homeQuery(api));
  const shown = (part: Part, value: string | undefined): string => {
    if (!home) return isError ? "–" : "…";
    return missing(home, part) === "away" ? "–" : (value ?? "–");
  };
  const may = (part: Part): boolean => !home || missing(home, part) !== "denied";
  return (
    <>
      <ul className={styles["figures"]}>
        <Figure to="/members" name="Members" value={shown("members", home?.members?.count.toLocaleString())} />
        {mayInvite && <Figure to="/members" name="Pending invitations" value={counted(invitations)} />}
        <Figure to="/notifications" name="Unread alerts" value={shown("notifications", home?.notifications?.unread_count.toLocaleString())} />
        {may("overview") && (
          <Figure to="/analytics" name="Events, last 30 days" value={shown("overview", home?.overview?.totals.events.value.toLocaleString())} />
        )}
        {may("subscription") && <Figure to="/billing" name="Plan" value={shown("subscription", planName(home?.subscription?.plan))} />}
      </ul>
      {home && <Away home={home} />}
    </>
  );
}

function planName(code: string | undefined): string | undefined {
  return code === undefined ? undefined : code.charAt(0).toUpperCase() + code.slice(1);
}

/** A subscription that is only being set up is no part that is away. */
function Away({ home }: { home: Home }) {
  const away = home.gaps.some(({ status, code }) => status >= 500 && code !== "subscription_not_ready");
  if (!away) return null;
  return (
    <p className={styles["away"]} role="status">
      Some figures are not available at the moment. They come back by themselves.
    </p>
  );
}

function Figure({ to, name, value }: { to: "/members" | "/notifications" | "/analytics" | "/billing"; name: string; value: ReactNode }) {
  return (
    <li>
      <Link to={to} className={styles["figure"] ?? ""}>
        <span className={styles["name"]}>{name}</span>
        <span className={styles["value"]}>{value}</span>
      </Link>
    </li>
  );
}

const SHOWN = 6;

function Team() {
  const { api } = useDoors();
  const members = useInfiniteQuery(membersQuery(api));
  const { allowed } = useAllowed("invitations:create");
  const people = members.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="Team" aside={<Link to="/members">All members</Link>}>
      {members.isPending && <Loading />}
      {members.isError && !members.data && <FailureNote error={members.error} again={() => void members.refetch()} />}
      {people.length > 0 && (
        <ul className={styles["people"]}>
          {people.slice(0, SHOWN).map(({ user_id, name, role_name }) => (
            <li key={user_id}>
              <Initials name={name} />
              <span className={styles["person"]}>{name}</span>
              <span className={styles["role"]}>{role_name}</span>
            </li>
          ))}
        </ul>
      )}
      {people.length === 1 && allowed && <InviteFirst />}
    </Panel>
  );
}

function InviteFirst() {
  return (
    <Note icon={<IconUserPlus />} title="You are the first one here">
      <p>Invite the people you work with. They get an e-mail with a link that is good for seven days.</p>
      <Button renderRoot={(props) => <Link {...props} to="/members" search={{ invite: true }} />}>Invite somebody</Button>
    </Note>
  );
}
