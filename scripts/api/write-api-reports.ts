// npm run api: makes the reports of the public surface anew, and names those that changed.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findStale, makeApiReports } from "./api-reports.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const reports = await makeApiReports(root, { write: true });
const stale = findStale(root, reports);
for (const path of stale) rmSync(join(root, path));
for (const path of [...reports.filter(({ changed }) => changed).map((each) => each.path), ...stale]) console.log(path);
