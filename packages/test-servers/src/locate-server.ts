import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type DebianPackage, fetchPackage } from "./fetch-package.ts";
import type { ServerName } from "./server-name.ts";
import { ServerUnavailableError } from "./server-unavailable-error.ts";

const packages: Readonly<Record<ServerName, DebianPackage>> = {
  consul: { name: "consul", olderRelease: "bullseye" },
  etcd: { name: "etcd-server" },
  "nats-server": { name: "nats-server" },
};

/** Where to look for programs. */
export interface ProgramPlaces {
  /** Folders as in the environment's PATH. */
  readonly path: string;
  /** Folder for unpacked packages. */
  readonly cache: string;
}

/**
 * The program of a server: from `path`; else from Debian's package, unpacked into `cache` unless it is there already.
 *
 * @throws ServerUnavailableError with what to install when there is neither.
 */
export async function locateServer(name: ServerName, { path, cache }: ProgramPlaces): Promise<string> {
  const installed = firstProgram(name, path.split(delimiter));
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
