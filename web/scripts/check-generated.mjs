// Fails when a generated client is not what its document gives: run `npm run generate` and commit both.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const web = path.join(import.meta.dirname, "..");
const folder = mkdtempSync(path.join(tmpdir(), "schema-"));
const fresh = path.join(folder, "schema.d.ts");
const tool = path.join(web, "node_modules", "openapi-typescript", "bin", "cli.js");
for (const [document, app] of [["openapi.json", "customer"], ["openapi.admin.json", "admin"]]) {
  const committed = path.join(web, app, "src", "api", "schema.d.ts");
  execFileSync(process.execPath, [tool, document, "--output", fresh], { cwd: web, stdio: "pipe" });
  if (readFileSync(fresh, "utf8") === readFileSync(committed, "utf8")) continue;
  console.error(`${app}/src/api/schema.d.ts does not match ${document}. Run \`npm run generate\` and commit the result.`);
  process.exitCode = 1;
}
rmSync(folder, { recursive: true });
