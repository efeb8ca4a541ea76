import { Program } from "../processes/program.ts";
import type { BatchedServerPorts } from "../servers/batched-server.ts";

/** Runs the server that is the same for all peers while `measure` does its work. */
export async function withBatchedServer<T>(
  measure: (ports: BatchedServerPorts, server: Program) => Promise<T>,
): Promise<T> {
  await using server = Program.start("servers/batched-server.ts");
  const ports = await server.next<BatchedServerPorts>();
  try {
    return await measure(ports, server);
  } catch (error) {
    // Else only its clients would be heard, who cannot say why it has gone.
    throw server.failure ?? error;
  }
}
