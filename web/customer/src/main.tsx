import "../../shared/theme/mantine.css";
import "virtual:theme.css";
import "../../shared/theme/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createApi, unwrap } from "./api/client";
import { Problem } from "../../shared/api/problem";
import { createTransport } from "./api/transport";
import { createConsoleRouter } from "./router";
import { browserTabs, rememberedInBrowser } from "./session/browser";
import { DoorsProvider, type Doors } from "./session/doors";
import { identityOf, Session } from "./session/session";
import { theme } from "../../shared/theme/theme";

function openDoors(): Doors {
  const bare = createApi((request) => fetch(request), window.location.origin);
  const refresh = () =>
    unwrap(bare.POST("/v1/auth/refresh", { body: { refresh_token: null } })).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    });
  const session = new Session({ refresh, tabs: browserTabs(), remembered: rememberedInBrowser, now: Date.now });
  const transport = createTransport({
    fetch: (request) => fetch(request),
    session,
    newKey: () => crypto.randomUUID(),
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  });
  return { session, api: createApi(transport, window.location.origin), queries: createQueries() };
}

function createQueries(): QueryClient {
  const retry = (failures: number, error: unknown) => error instanceof Problem && error.temporary && failures < 2;
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 15_000 }, mutations: { networkMode: "always" } } });
}

/**
 * What was read as somebody else, or in another organization, must not be seen any more. `me` is asked for anew first: until it
 * answers the shell shows no page, so that none asks for what this person may not read.
 */
function forgetAllBut(queries: QueryClient, kept: string | null): void {
  if (kept !== null) void queries.resetQueries({ queryKey: [kept] });
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== kept });
}

const doors = openDoors();
const router = createConsoleRouter(doors);

let identity = identityOf(doors.session.state);
doors.session.subscribe(() => {
  const now = identityOf(doors.session.state);
  if (now === identity) return;
  const before = identity;
  identity = now;
  if (before !== null) forgetAllBut(doors.queries, now === null ? null : "me");
  void router.invalidate();
});

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <DoorsProvider doors={doors}>
        <QueryClientProvider client={doors.queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </DoorsProvider>
    </MantineProvider>
  </StrictMode>,
);

void import("../../shared/theme/typeface");
