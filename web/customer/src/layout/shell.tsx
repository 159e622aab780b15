import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";
import type { Me, Notification } from "../api/client";
import { MeContext, meQuery, useMe } from "../queries/me";
import { useDoors } from "../session/doors";
import { LiveProvider } from "../stream/live";
import { FailureNote } from "../ui/failure";
import { Loading } from "../../../shared/ui/loading";
import { toast, Toasts } from "../ui/toast";
import { Bell } from "./bell";
import { ConnectionState } from "./connection-state";
import { Navigation } from "./navigation";
import { OrganizationMenu } from "./organization-menu";
import { ProfileMenu } from "./profile-menu";
import styles from "./shell.module.css";

const UnverifiedBanner = lazy(() => import("./unverified-banner"));
const NoOrganization = lazy(() => import("./no-organization"));

function showAlert({ title, body }: Notification): void {
  toast({ title, text: body, tone: "alert" });
}

/** The frame of every page behind the login: who, where, what happened, and where to go. */
export function Shell() {
  return (
    <>
      <Inside />
      <Toasts />
    </>
  );
}

function Inside() {
  const { api } = useDoors();
  const me = useQuery(meQuery(api));
  if (me.error && !me.data) {
    return (
      <main>
        <FailureNote error={me.error} again={() => void me.refetch()} />
      </main>
    );
  }
  if (!me.data) return <Loading rows={6} />;
  return <MeContext value={me.data}>{me.data.organization ? <Live /> : <Nowhere me={me.data} />}</MeContext>;
}

function Live() {
  return (
    <LiveProvider onAlert={showAlert}>
      <Frame />
    </LiveProvider>
  );
}

function Nowhere({ me }: { me: Me }) {
  return (
    <Suspense fallback={<Loading rows={6} />}>
      <NoOrganization me={me} />
    </Suspense>
  );
}

function Frame() {
  return (
    <div className={styles["shell"]}>
      <a className={styles["skip"]} href="#content">
        Skip to the content
      </a>
      <header className={styles["top"]}>
        <OrganizationMenu />
        <div className={styles["tools"]}>
          <ConnectionState />
          <Bell />
          <ProfileMenu />
        </div>
      </header>
      <Navigation />
      <Content />
    </div>
  );
}

function Content() {
  const { user } = useMe();
  const path = useLocation({ select: (location) => location.pathname });
  const content = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // A screen reader starts at the new page, not at the link that led to it. On the first load the browser does that itself.
    if (!first.current) content.current?.focus({ preventScroll: true });
    first.current = false;
  }, [path]);
  return (
    <main id="content" ref={content} tabIndex={-1} className={styles["content"]}>
      <Suspense>{!user.email_verified && <UnverifiedBanner />}</Suspense>
      <Outlet />
    </main>
  );
}
