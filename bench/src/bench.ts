// npm run bench: round trips a second on one stream, side by side. See ../README.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { connectNode, grpcJs, imClient, type StreamPeer } from "./stream-peers.ts";

const peers: Record<string, StreamPeer> = { "@im-sdk/core": imClient, "grpc-js": grpcJs, "connect-node": connectNode };
const rounds = 5;
const count = 30_000;
const inFlight = 1_000;

const server = spawn(process.execPath, [fileURLToPath(new URL("echo-server.ts", import.meta.url))], {
  stdio: ["pipe", "pipe", "inherit"],
});
try {
  const [firstOutput] = (await once(server.stdout, "data")) as [Buffer];
  const port = Number(firstOutput.toString());
  const rates = new Map(Object.keys(peers).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, peer] of Object.entries(peers)) {
      const startMs = performance.now();
      await peer(port, count, inFlight);
      const rate = (count / (performance.now() - startMs)) * 1000;
      // The first round warms up.
      if (round > 0) rates.get(name)?.push(rate);
    }
  }
  const medians = new Map([...rates].map(([name, values]) => [name, median(values)]));
  const ours = medians.get("@im-sdk/core") ?? Number.NaN;
  console.log(
    `${count} round trips of 100 bytes, ${inFlight} in flight, one stream; median of ${rounds} rounds, messages a second\n`,
  );
  for (const [name, values] of rates) {
    const rate = medians.get(name) ?? Number.NaN;
    const spread = `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
    console.log(
      `${name.padEnd(14)} ${String(Math.round(rate)).padStart(8)}   (${spread})   ours is ${(ours / rate).toFixed(2)} times that`,
    );
  }
} finally {
  server.stdin.end();
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
