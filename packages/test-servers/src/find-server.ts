import { fileURLToPath } from "node:url";
import { locateServer } from "./locate-server.ts";
import type { ServerName } from "./server-name.ts";

/** In the repository, ignored by git. */
const cache = fileURLToPath(new URL("../../../.cache/servers", import.meta.url));

const found = new Map<ServerName, Promise<string>>();

/**
 * The program of a server, looked for once in the life of a process: on PATH, then in the cache of the repository.
 *
 * @throws ServerUnavailableError with what to install.
 */
export function findServer(name: ServerName): Promise<string> {
  const program = found.get(name) ?? locateServer(name, { path: process.env.PATH ?? "", cache });
  found.set(name, program);
  return program;
}
