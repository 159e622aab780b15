import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore, type ReactNode } from "react";
import type { Api, Permission, Tokens } from "./api/client";
import type { Session } from "./session";

/** What pages reach the outside through. Made once in `main.tsx`. */
export interface Doors {
  api: Api;
  session: Session;
  queries: QueryClient;
}

const Context = createContext<Doors | null>(null);

export function DoorsProvider({ doors, children }: { doors: Doors; children: ReactNode }) {
  return <Context value={doors}>{children}</Context>;
}

export function useDoors(): Doors {
  const doors = useContext(Context);
  if (doors === null) throw new Error("DoorsProvider is missing");
  return doors;
}

/** Whether the last sign-in ended by itself. */
export function useEnded(): boolean {
  const { session } = useDoors();
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  return state.status === "signed_out" && state.ended;
}

/** Who is signed in; null for the moment in which they leave. */
export function useMe(): Tokens | null {
  const { session } = useDoors();
  const state = useSyncExternalStore(session.subscribe, () => session.state);
  return state.status === "signed_in" ? state.tokens : null;
}

/** Whether the reader's role has the permission: what they may not do is not offered. */
export function useAllowed(permission: Permission): boolean {
  return useMe()?.permissions.includes(permission) ?? false;
}
