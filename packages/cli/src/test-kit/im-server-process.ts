import { fileURLToPath } from "node:url";
import { ServerProcess } from "@im-sdk/test-servers";

const command = fileURLToPath(new URL("bin/im-server.js", import.meta.resolve("@im-sdk/server")));

/** The command `im-server` in a process of its own; resolves when it listens. */
export async function startImServerProcess(): Promise<ServerProcess> {
  const server = new ServerProcess(command, "--log-level", "error", "--port");
  await server.start();
  return server;
}
