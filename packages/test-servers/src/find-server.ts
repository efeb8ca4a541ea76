import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DebianPackage, fetchPackage } from "./fetch-package.ts";
import type { ServerName } from "./server-name.ts";
import { ServerUnavailableError } from "./server-unavailable-error.ts";

const packages: Readonly<Record<ServerName, DebianPackage>> = {
  consul: { name: "consul", olderRelease: "bullseye" },
  etcd: { name: "etcd-server" },
};

/** In the repository, ignored by git. */
const cache = fileURLToPath(new URL("../../../.cache/servers", import.meta.url));

const found = new Map<ServerName, Promise<string>>();

/**
 * The program of a server: from PATH; else from the cache of the repository, which is filled with Debian's package.
 *
 * @throws ServerUnavailableError with what to install when there is neither; asked again, it does not try again.
 */
export function findServer(name: ServerName): Promise<string> {
  const known = found.get(name) ?? find(name);
  found.set(name, known);
  return known;
}

async function find(name: ServerName): Promise<string> {
  const installed = firstProgram(name, (process.env.PATH ?? "").split(delimiter));
  if (installed !== undefined) return installed;
  try {
    const folder = await fetchPackage(packages[name], cache);
    const program = firstProgram(name, [join(folder, "usr/bin"), join(folder, "usr/sbin")]);
    if (program === undefined) throw new Error(`${folder} has no program ${name}: remove the folder to fetch it anew`);
    return program;
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new ServerUnavailableError(
      name,
      `no ${name} here: there is none on PATH, and Debian's package ${packages[name].name} could not be fetched. ` +
        `Install ${name} so that it is on PATH, or run this on Debian or Ubuntu, where apt fetches it. ` +
        `(compose.yaml starts one in Docker, for everything but what starts its own.) Fetching said: ${reason}`,
      { cause: error },
    );
  }
}

function firstProgram(name: string, folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
