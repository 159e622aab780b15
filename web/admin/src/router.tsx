import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { Loading } from "../../shared/ui/loading";
import type { Doors } from "./doors";
import { LoginPage } from "./pages/login";
import { Failure, Nothing } from "./ui/failure";

const root = createRootRouteWithContext<Doors>()({ notFoundComponent: Nothing });

const login = createRoute({
  getParentRoute: () => root,
  path: "login",
  beforeLoad: async ({ context }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if ((await context.session.start()).status === "signed_in") throw redirect({ to: "/", replace: true });
  },
  component: LoginPage,
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context }) => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if ((await context.session.start()).status !== "signed_in") throw redirect({ to: "/login", replace: true });
  },
  component: lazyRouteComponent(() => import("./layout/shell"), "Shell"),
});

const dashboard = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/dashboard"), "DashboardPage"),
});

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const customers = createRoute({
  getParentRoute: () => inside,
  path: "customers",
  validateSearch: (search: Record<string, unknown>): { query?: string } => {
    const query = text(search["query"]);
    return query === undefined ? {} : { query };
  },
  component: lazyRouteComponent(() => import("./pages/customers"), "CustomersPage"),
});

const customer = createRoute({
  getParentRoute: () => inside,
  path: "customers/$id",
  component: lazyRouteComponent(() => import("./pages/customer"), "CustomerDetails"),
});

const deadLetters = createRoute({
  getParentRoute: () => inside,
  path: "dead-letters",
  component: lazyRouteComponent(() => import("./pages/dead-letters"), "DeadLettersPage"),
});

const erasures = createRoute({
  getParentRoute: () => inside,
  path: "erasures",
  component: lazyRouteComponent(() => import("./pages/erasures"), "ErasuresPage"),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: "audit",
  component: lazyRouteComponent(() => import("./pages/audit"), "AuditPage"),
});

const staff = createRoute({
  getParentRoute: () => inside,
  path: "staff",
  component: lazyRouteComponent(() => import("./pages/staff"), "StaffPage"),
});

const routeTree = root.addChildren([login, inside.addChildren([dashboard, customers, customer, deadLetters, erasures, audit, staff])]);

export function createConsoleRouter(context: Doors) {
  return createRouter({
    routeTree,
    context,
    basepath: "/admin",
    defaultPendingMs: 300,
    defaultPendingComponent: Loading,
    defaultErrorComponent: Failure,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
