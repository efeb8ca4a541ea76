// Round trips a second on one stream, side by side.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ratesInTurn } from "./rates-in-turn.ts";
import { connectNode, grpcJs, imClient, type StreamPeer } from "./stream-peers.ts";

const peers: Record<string, StreamPeer> = { "@im-sdk/core": imClient, "grpc-js": grpcJs, "connect-node": connectNode };
const rounds = 5;
const count = 30_000;
const inFlight = 1_000;

export async function benchStream(): Promise<void> {
  const server = spawn(process.execPath, [fileURLToPath(new URL("echo-server.ts", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [firstOutput] = (await once(server.stdout, "data")) as [Buffer];
    const port = Number(firstOutput.toString());
    const measures = Object.entries(peers).map(([name, peer]) => [name, () => measure(peer, port)] as const);
    const rates = await ratesInTurn(Object.fromEntries(measures), rounds);
    const ours = rates.get("@im-sdk/core")?.median ?? Number.NaN;
    console.log(
      `${count} round trips of 100 bytes, ${inFlight} in flight, one stream; median of ${rounds} rounds, messages a second\n`,
    );
    for (const [name, { median, lowest, highest }] of rates) {
      const spread = `${Math.round(lowest)} to ${Math.round(highest)}`;
      console.log(
        `${name.padEnd(14)} ${String(Math.round(median)).padStart(8)}   (${spread})   ours is ${(ours / median).toFixed(2)} times that`,
      );
    }
  } finally {
    server.stdin.end();
  }
}

async function measure(peer: StreamPeer, port: number): Promise<number> {
  const startMs = performance.now();
  await peer(port, count, inFlight);
  return (count / (performance.now() - startMs)) * 1_000;
}
