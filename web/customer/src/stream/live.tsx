import { createContext, useContext, useEffect, useState, type ReactNode } from "react";
import { unwrap, type Notification } from "../api/client";
import { Problem } from "../../../shared/api/problem";
import { shiftUnread } from "../queries/notifications";
import { useDoors, useIdentity, type Doors } from "../session/doors";
import { identityOf, organizationOf } from "../session/session";
import { Stream, type Socket, type StreamState } from "./stream";

interface Live {
  state: StreamState;
  hurry: () => void;
}

const Context = createContext<Live>({ state: { status: "stopped" }, hurry: () => undefined });

export function useLive(): Live {
  return useContext(Context);
}

/** One live connection while somebody is signed in to an organization; `onAlert` shows what arrives. */
export function LiveProvider({ onAlert, children }: { onAlert: (alert: Notification) => void; children: ReactNode }) {
  const doors = useDoors();
  const identity = useIdentity();
  const inside = organizationOf(identity) !== null;
  const [live, setLive] = useState<Live>({ state: { status: "stopped" }, hurry: () => undefined });
  useEffect(() => {
    if (!inside) return undefined;
    const stream = connect(doors, onAlert, (state) => {
      setLive({ state, hurry });
    });
    const hurry = (): void => {
      stream.hurry();
    };
    stream.start();
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      stream.stop();
    };
  }, [doors, identity, inside, onAlert]);
  return <Context value={live}>{children}</Context>;
}

function connect(doors: Doors, onAlert: (alert: Notification) => void, onState: (state: StreamState) => void): Stream {
  const { queries } = doors;
  const reread = (...queryKey: string[]): void => void queries.invalidateQueries({ queryKey });
  return new Stream({
    ticket: () => ticket(doors),
    open: openSocket,
    now: Date.now,
    random: Math.random,
    onState,
    onNotification: (alert) => {
      if (alert.read_at === null) shiftUnread(queries, 1);
      reread("notifications");
      reread("home");
      if (alert.kind.includes("member")) {
        reread("members");
        reread("invitations");
      }
      onAlert(alert);
    },
    onInvalidate: (topics) => {
      for (const topic of topics) reread(topic);
      reread("home");
    },
    onMissed: () => {
      reread();
    },
    onAccessChanged: () => void verifyAccess(doors),
  });
}

/** A null ticket ends the listening: the person may not. Anything else that fails is worth another try. */
async function ticket({ api }: Doors): Promise<string | null> {
  try {
    return (await unwrap(api.POST("/v1/stream/ticket"))).ticket;
  } catch (refused) {
    if (refused instanceof Problem && (refused.status === 401 || refused.status === 403)) return null;
    throw refused;
  }
}

/** Asks for a new token, which tells whether this person is still in and as what. */
async function verifyAccess({ session, queries }: Doors): Promise<void> {
  const { state } = session;
  if (state.status !== "signed_in") return;
  const before = identityOf(state);
  await session.renew(state.token);
  // Another identity starts with nothing read; see `main.tsx`.
  if (identityOf(session.state) === before) await queries.invalidateQueries();
}

function openSocket(query: URLSearchParams): Socket {
  const url = new URL(`/v1/stream?${query.toString()}`, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url) as Socket;
}
