import "../../shared/theme/mantine.css";
import "virtual:theme.css";
import "../../shared/theme/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "../../shared/api/problem";
import { theme } from "../../shared/theme/theme";
import { createApi, unwrap } from "./api/client";
import { DoorsProvider, type Doors } from "./doors";
import { createConsoleRouter } from "./router";
import { createTransport, Session } from "./session";

function openDoors(): Doors {
  const bare = createApi((request) => fetch(request));
  const session = new Session(() =>
    unwrap(bare.POST("/admin/v1/auth/refresh")).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }),
  );
  const retry = (failures: number, error: unknown) => error instanceof Problem && error.temporary && failures < 2;
  const queries = new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000 } } });
  return { session, api: createApi(createTransport(session)), queries };
}

const doors = openDoors();
const router = createConsoleRouter(doors);

let signedIn = false;
doors.session.subscribe(() => {
  const now = doors.session.state.status === "signed_in";
  if (now === signedIn) return;
  signedIn = now;
  if (!now) doors.queries.clear(); // nothing that was read stays on a machine somebody left
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
