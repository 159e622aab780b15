import type { QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore, type ReactNode } from "react";
import { unwrap, type Api, type Tokens } from "../api/client";
import { identityOf, type Session, type SessionState } from "./session";

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

export function useSessionState(): SessionState {
  const { session } = useDoors();
  return useSyncExternalStore(session.subscribe, () => session.state);
}

/** Changes when another person, organization or role speaks through this console. */
export function useIdentity(): string | null {
  return identityOf(useSessionState());
}

/** Puts new tokens to use. What was read as somebody else goes by the identity's change, see `main.tsx`. */
export function enter(doors: Doors, tokens: Tokens): void {
  doors.session.adopt(tokens);
}

/** Ends the session at the server, then here; the page forgets it even if the server is away. */
export async function leave(doors: Doors): Promise<void> {
  await unwrap(doors.api.POST("/v1/auth/logout", { body: { refresh_token: null } })).finally(() => {
    doors.session.end("signed_out");
  });
}
