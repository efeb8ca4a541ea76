// npm run release:version: makes the next version out of the changesets: all packages get it, ask each other for it, and so does
// the lockfile; what the changesets say goes into CHANGELOG.md.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { runCommand } from "../run-command.ts";
import { readWorkspaces } from "../workspaces.ts";
import { addVersion, summaryOf } from "./changelog.ts";

const root = dirname(dirname(import.meta.dirname));
const changelog = join(root, "CHANGELOG.md");
const changesets = globSync(".changeset/*.md", { cwd: root, exclude: [".changeset/README.md"] }).sort();
if (changesets.length === 0) throw new Error("nothing to release: write a changeset first, with npx changeset");
const summaries = changesets.map((path) => summaryOf(readFileSync(join(root, path), "utf8")));

await run("changeset", "version");
await run("npm", "install", "--package-lock-only", "--prefer-offline", "--no-audit", "--no-fund");
const version = readWorkspaces(root).find(({ folder }) => folder === "packages/core")?.manifest.version ?? "";
writeFileSync(changelog, addVersion(readFileSync(changelog, "utf8"), version, summaries));
console.log(`version ${version}: review what changed, and commit it`);

async function run(command: string, ...args: string[]): Promise<void> {
  const { ok, output } = await runCommand(command, ...args);
  if (!ok) throw new Error(`${command} ${args.join(" ")} failed: ${output}`);
}
