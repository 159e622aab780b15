// Builds every workspace beside the pages that are being served and swaps them in at the end: a page that loads meanwhile finds
// all of its files, and a build that fails or is too large changes nothing.
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { compress } from "./compress.mjs";
import { checkBudget } from "./budget.mjs";

const web = path.join(import.meta.dirname, "..");
const fresh = path.join(web, "node_modules", ".cache", `build-${process.pid}`);
const retired = `${fresh}-retired`;
const dist = path.join(web, "dist");

function swap() {
  rmSync(retired, { recursive: true, force: true });
  try {
    renameSync(dist, retired);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  renameSync(fresh, dist);
  rmSync(retired, { recursive: true, force: true });
}

mkdirSync(fresh, { recursive: true });
try {
  const vite = path.join(web, "node_modules", "vite", "bin", "vite.js");
  for (const app of ["customer", "admin"]) {
    const line = [vite, "build", "--outDir", path.join(fresh, app), "--emptyOutDir", "--logLevel", "warn"];
    execFileSync(process.execPath, line, { cwd: path.join(web, app), stdio: "inherit" });
  }
  execFileSync(process.execPath, ["build.mjs", path.join(fresh, "docs")], { cwd: path.join(web, "docs"), stdio: "inherit" });
  await compress(fresh);
  for (const app of ["customer", "admin"]) checkBudget(path.join(fresh, app));
  swap();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
