import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { activitySearchOf } from "./pages/activity/search";
import { periodOf } from "./pages/analytics/period";
import type { Doors } from "./session/doors";
import { Failure } from "./ui/failure";
import { Loading } from "../../shared/ui/loading";
import { NotFound } from "./ui/not-found";

const root = createRootRouteWithContext<Doors>()({ notFoundComponent: NotFound });

/** A place inside this console to go to after login; anything else is dropped, so that no link can send people elsewhere. */
function nextOf(search: Record<string, unknown>): { next?: string | undefined } {
  const { next } = search;
  // Named even when it is dropped: the router keeps what a route does not mention.
  return { next: typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : undefined };
}

const visitor = createRoute({
  getParentRoute: () => root,
  id: "visitor",
  component: lazyRouteComponent(() => import("./layout/visitor"), "VisitorLayout"),
});

const forNobody = createRoute({
  getParentRoute: () => visitor,
  id: "for-nobody",
  validateSearch: nextOf,
  beforeLoad: async ({ context, search }) => {
    const state = await context.session.start();
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (state.status === "signed_in") throw redirect({ href: search.next ?? "/", replace: true });
  },
});

const login = createRoute({
  getParentRoute: () => forNobody,
  path: "login",
  component: lazyRouteComponent(() => import("./pages/login"), "LoginPage"),
});

/** Also for somebody who is signed in and whose fresh sign-in was refused: they hear why. */
const loginSso = createRoute({
  getParentRoute: () => visitor,
  path: "login/sso",
  validateSearch: (search: Record<string, unknown>): { next?: string | undefined; reason?: string | undefined } => ({
    ...nextOf(search),
    reason: typeof search["reason"] === "string" ? search["reason"] : undefined,
  }),
  beforeLoad: async ({ context, search }) => {
    const { status } = await context.session.start();
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (status === "signed_in" && search.reason === undefined) throw redirect({ href: search.next ?? "/", replace: true });
  },
  component: lazyRouteComponent(() => import("./pages/sso/login-sso"), "LoginSsoPage"),
});

/** The provider's answer was good and the refresh cookie is there: take it up and go on. */
const loginSsoDone = createRoute({
  getParentRoute: () => visitor,
  path: "login/sso/done",
  validateSearch: nextOf,
  beforeLoad: async ({ context, search }) => {
    const { status } = await context.session.resume();
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (status === "signed_in") throw redirect({ href: search.next ?? "/", replace: true });
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    throw redirect({ to: "/login/sso", search: { reason: "sso_attempt_unknown" }, replace: true });
  },
});

const signup = createRoute({
  getParentRoute: () => forNobody,
  path: "signup",
  component: lazyRouteComponent(() => import("./pages/signup"), "SignupPage"),
});

const acceptInvitation = createRoute({
  getParentRoute: () => visitor,
  path: "invitations/accept",
  beforeLoad: async ({ context }) => {
    await context.session.start();
  },
  component: lazyRouteComponent(() => import("./pages/accept-invitation"), "AcceptInvitationPage"),
});

const forgotPassword = createRoute({
  getParentRoute: () => visitor,
  path: "forgot-password",
  component: lazyRouteComponent(() => import("./pages/mailed-links"), "ForgotPasswordPage"),
});

const resetPassword = createRoute({
  getParentRoute: () => visitor,
  path: "reset-password",
  component: lazyRouteComponent(() => import("./pages/mailed-links"), "ResetPasswordPage"),
});

const verifyEmail = createRoute({
  getParentRoute: () => visitor,
  path: "verify-email",
  beforeLoad: async ({ context }) => {
    await context.session.start();
  },
  component: lazyRouteComponent(() => import("./pages/mailed-links"), "VerifyEmailPage"),
});

const restoreEmail = createRoute({
  getParentRoute: () => visitor,
  path: "restore-email",
  component: lazyRouteComponent(() => import("./pages/mailed-links"), "RestoreEmailPage"),
});

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.start();
    const search = location.href === "/" ? {} : { next: location.href };
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the router's way to redirect
    if (state.status !== "signed_in") throw redirect({ to: "/login", search, replace: true });
  },
  component: lazyRouteComponent(() => import("./layout/shell"), "Shell"),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home"), "HomePage"),
});

const members = createRoute({
  getParentRoute: () => inside,
  path: "members",
  validateSearch: (search: Record<string, unknown>): { invite?: true } => (search["invite"] === true ? { invite: true } : {}),
  component: lazyRouteComponent(() => import("./pages/members/members"), "MembersPage"),
});

const notifications = createRoute({
  getParentRoute: () => inside,
  path: "notifications",
  component: lazyRouteComponent(() => import("./pages/notifications"), "NotificationsPage"),
});

const analytics = createRoute({
  getParentRoute: () => inside,
  path: "analytics",
  validateSearch: periodOf,
  component: lazyRouteComponent(() => import("./pages/analytics/analytics"), "AnalyticsPage"),
});

const billing = createRoute({
  getParentRoute: () => inside,
  path: "billing",
  component: lazyRouteComponent(() => import("./pages/billing/billing"), "BillingPage"),
});

const activity = createRoute({
  getParentRoute: () => inside,
  path: "activity",
  validateSearch: activitySearchOf,
  component: lazyRouteComponent(() => import("./pages/activity/activity"), "ActivityPage"),
});

const organization = createRoute({
  getParentRoute: () => inside,
  path: "organization",
  component: lazyRouteComponent(() => import("./pages/organization/organization"), "OrganizationPage"),
});

const singleSignOn = createRoute({
  getParentRoute: () => inside,
  path: "settings/single-sign-on",
  component: lazyRouteComponent(() => import("./pages/sso/settings"), "SsoSettingsPage"),
});

const roles = createRoute({
  getParentRoute: () => inside,
  path: "settings/roles",
  component: lazyRouteComponent(() => import("./pages/access/roles"), "RolesPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => inside,
  path: "settings/api-keys",
  component: lazyRouteComponent(() => import("./pages/access/api-keys"), "ApiKeysPage"),
});

const serviceAccounts = createRoute({
  getParentRoute: () => inside,
  path: "settings/service-accounts",
  component: lazyRouteComponent(() => import("./pages/access/service-accounts"), "ServiceAccountsPage"),
});

const newOrganization = createRoute({
  getParentRoute: () => inside,
  path: "organizations/new",
  component: lazyRouteComponent(() => import("./pages/new-organization"), "NewOrganizationPage"),
});

const profile = createRoute({
  getParentRoute: () => inside,
  path: "settings/profile",
  component: lazyRouteComponent(() => import("./pages/settings/settings"), "ProfilePage"),
});

const security = createRoute({
  getParentRoute: () => inside,
  path: "settings/security",
  component: lazyRouteComponent(() => import("./pages/settings/settings"), "SecurityPage"),
});

const routeTree = root.addChildren([
  visitor.addChildren([
    forNobody.addChildren([login, signup]),
    loginSso,
    acceptInvitation,
    loginSsoDone,
    forgotPassword,
    resetPassword,
    verifyEmail,
    restoreEmail,
  ]),
  inside.addChildren([
    home,
    members,
    analytics,
    billing,
    notifications,
    activity,
    organization,
    roles,
    apiKeys,
    serviceAccounts,
    singleSignOn,
    newOrganization,
    profile,
    security,
  ]),
]);

export function createConsoleRouter(context: Doors) {
  return createRouter({
    routeTree,
    context,
    defaultPreload: "intent",
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
