import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A home or work folder of some machine, as it slips in from logs and stack traces. */
const machinePath = /(?<![\w.~$}])\/(?:home|root|Users|work|workspace|private|mnt)\/[\w.-]+|\b[A-Z]:\\\\?Users\b/;

/** A package registry or a mirror of one. */
const registryHost = /https?:\/\/[^\s"'`/]*(?:registry|artifactory|nexus|verdaccio|mirror)[^\s"'`/]*/i;

/** What in a text belongs to one machine or network, one line each. */
export function findTraces(path: string, text: string): string[] {
  if (path === "package-lock.json") {
    // .npmrc keeps download addresses out of the lockfile: each machine has its own registry.
    const hosts = [...text.matchAll(/"resolved": "(https?:\/\/[^/"]+)/g)].map(([, host]) => host);
    return [...new Set(hosts)].map((host) => `${path}: resolves to ${host}`);
  }
  return text.split("\n").flatMap((line, index) => {
    const trace = machinePath.exec(line) ?? registryHost.exec(line);
    return trace === null ? [] : [`${path}:${index + 1}: ${trace[0]}`];
  });
}

/** Every text file that is or would be committed, by path; nothing outside of a git clone. */
export function readRepository(root: string): Map<string, string> {
  if (!existsSync(join(root, ".git"))) return new Map();
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const paths = execFileSync("git", list, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }).split("\0");
  const present = paths.filter((path) => path !== "" && existsSync(join(root, path)));
  const texts = present.map((path) => [path, readFileSync(join(root, path), "utf8")] as const);
  return new Map(texts.filter(([, text]) => !text.includes("\0")));
}
