import { findServer } from "./find-server.ts";
import type { ServerName } from "./server-name.ts";
import { ServerUnavailableError } from "./server-unavailable-error.ts";

/**
 * Options for `test` or `describe` of node:test that skip, with what to install as the reason, where the servers cannot be
 * had. With `CI=true` in the environment nothing is skipped: the tests run, and fail where they start the server.
 *
 * ```ts
 * const real = await skipWithout("consul");
 * test("finds a service", real, async () => {
 *   await using consul = await startConsul();
 * ```
 */
export async function skipWithout(...servers: readonly ServerName[]): Promise<{ skip: string | false }> {
  if (process.env.CI === "true") return { skip: false };
  try {
    for (const server of servers) await findServer(server);
    return { skip: false };
  } catch (error) {
    if (error instanceof ServerUnavailableError) return { skip: error.message };
    throw error;
  }
}
