// The API reference, into the folder named as argument: from swagger-ui's own files and a page without inline script. Nothing is fetched from elsewhere.
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const vendor = path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
const out = path.resolve(process.argv[2] ?? path.join(here, "dist"));
await mkdir(out, { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE", "NOTICE"]) await copyFile(path.join(vendor, file), path.join(out, file));
for (const file of ["index.html", "reference.js", "reference.css", "clients.html", "clients.js"]) await copyFile(path.join(here, file), path.join(out, file));
// The clients as packages (`make clients`); an image gets them from a stage of its own.
const packages = path.join(here, "..", "..", "clients", "packages");
if (existsSync(packages)) await cp(packages, path.join(out, "clients"), { recursive: true });
