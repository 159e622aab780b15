// Runs every test of test/. Bare `node --test` succeeds where it finds none, which a Node.js that reads no TypeScript does: here both
// are failures. An older Node.js on PATH hands over to the checkout's own.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(import.meta.url);
const root = path.join(path.dirname(script), "..");
const own = path.join(root, "..", "..", ".venv", "bin", "node");

function runAll() {
  const folder = path.join(root, process.argv[2] ?? "test");
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith(".test.ts")).map((file) => path.join(folder, file));
  if (files.length === 0) return fail(`no test file in ${folder}`);
  let ran = 0;
  const results = run({ files });
  const count = ({ name }) => {
    // A file is reported as a test of its own where nothing stands inside it.
    if (!name.endsWith(".test.ts")) ran += 1;
  };
  results.on("test:pass", count);
  results.on("test:fail", (event) => {
    count(event);
    process.exitCode = 1;
  });
  results.on("end", () => {
    if (ran === 0) fail(`not one test ran in ${folder}`);
  });
  results.compose(spec).pipe(process.stdout);
}

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}

if (process.features.typescript) runAll();
else if (existsSync(own) && process.env.OWN_NODE === undefined)
  process.exitCode = spawnSync(own, [script, ...process.argv.slice(2)], { stdio: "inherit", env: { ...process.env, OWN_NODE: "1" } }).status ?? 1;
else fail(`the tests are TypeScript: they need Node.js 22.18 or newer, this is ${process.version}`);
