import { readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";

const LIMIT = 200_000;
const visitor = ["index.html", "src/layout/visitor.tsx"];
const inside = ["index.html", "src/layout/shell.tsx"];
const customer = {
  "/login": [...visitor, "src/pages/login.tsx"],
  "/login/sso": [...visitor, "src/pages/sso/login-sso.tsx"],
  "/signup": [...visitor, "src/pages/signup.tsx"],
  "/invitations/accept": [...visitor, "src/pages/accept-invitation.tsx"],
  "/forgot-password": [...visitor, "src/pages/mailed-links.ts"],
  "/reset-password": [...visitor, "src/pages/mailed-links.ts"],
  "/verify-email": [...visitor, "src/pages/mailed-links.ts"],
  "/restore-email": [...visitor, "src/pages/mailed-links.ts"],
  "/": [...inside, "src/pages/home.tsx"],
  "/members": [...inside, "src/pages/members/members.tsx"],
  "/analytics": [...inside, "src/pages/analytics/analytics.tsx"],
  "/billing": [...inside, "src/pages/billing/billing.tsx"],
  "/notifications": [...inside, "src/pages/notifications.tsx"],
  "/settings/profile": [...inside, "src/pages/settings/settings.tsx"],
  "/settings/security": [...inside, "src/pages/settings/settings.tsx"],
  "/settings/single-sign-on": [...inside, "src/pages/sso/settings.tsx"],
  "/activity": [...inside, "src/pages/activity/activity.tsx"],
  "/organizations/new": [...inside, "src/pages/new-organization.tsx"],
};

const operations = ["index.html", "src/layout/shell.tsx"];
const admin = {
  "/admin/login": ["index.html"],
  "/admin/": [...operations, "src/pages/dashboard.tsx"],
  "/admin/customers": [...operations, "src/pages/customers.tsx"],
  "/admin/customers/:id": [...operations, "src/pages/customer.tsx"],
  "/admin/dead-letters": [...operations, "src/pages/dead-letters.tsx"],
  "/admin/erasures": [...operations, "src/pages/erasures.tsx"],
  "/admin/audit": [...operations, "src/pages/audit.tsx"],
  "/admin/staff": [...operations, "src/pages/staff.tsx"],
};

// What a page shows a placeholder for and fetches right after, on top of its first load.
const LATER_LIMIT = 120_000;
const typeface = ["../shared/theme/typeface.ts"];
const customerLater = {
  "/login, then the typeface": { first: customer["/login"], then: typeface },
  "/analytics, then its chart": { first: customer["/analytics"], then: ["src/pages/analytics/days-chart.tsx"] },
};
const adminLater = { "/admin/login, then the typeface": { first: admin["/admin/login"], then: typeface } };

/** The consoles by their folder: what each route loads first, and what later. */
const consoles = { customer: { routes: customer, later: customerLater }, admin: { routes: admin, later: adminLater } };

function closure(manifest, module, seen = new Set()) {
  if (seen.has(module)) return seen;
  const chunk = manifest[module];
  if (!chunk) throw new Error(`${module} is not in the manifest: the routes in budget.mjs and router.tsx differ`);
  seen.add(module);
  for (const imported of chunk.imports ?? []) closure(manifest, imported, seen);
  return seen;
}

function filesOf(manifest, modules) {
  const files = new Set(["index.html", "colour-scheme.js"]);
  for (const module of modules.flatMap((start) => [...closure(manifest, start)])) {
    const { file, css = [], assets = [] } = manifest[module];
    // The browser fetches a font's subset only when its characters occur; the Latin one always.
    const fonts = assets.filter((asset) => asset.endsWith(".woff2") && !asset.includes("-ext-"));
    for (const name of [file, ...css, ...fonts]) files.add(name);
  }
  return files;
}

/** Prints what a first visit to each route of a built console fetches, gzipped (fonts as they are). Throws when a route is over 200 kB. */
export function checkBudget(directory) {
  const { routes, later } = consoles[path.basename(directory)];
  const manifest = JSON.parse(readFileSync(path.join(directory, ".vite", "manifest.json"), "utf8"));
  const size = (file) => statSync(path.join(directory, file.endsWith(".woff2") ? file : `${file}.gz`)).size;
  const over = [];
  for (const [route, modules] of Object.entries(routes)) {
    const bytes = [...filesOf(manifest, modules)].reduce((total, file) => total + size(file), 0);
    if (bytes > LIMIT) over.push(route);
    console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${route}`);
  }
  for (const [name, { first, then }] of Object.entries(later)) {
    const there = filesOf(manifest, first);
    const bytes = [...filesOf(manifest, then)].filter((file) => !there.has(file)).reduce((total, file) => total + size(file), 0);
    if (bytes > LATER_LIMIT) over.push(name);
    console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB  ${name}`);
  }
  if (over.length > 0) throw new Error(`over 200 kB at the first load, or 120 kB later: ${over.join(", ")}`);
  rmSync(path.join(directory, ".vite"), { recursive: true }); // of the build, not for the public
}
