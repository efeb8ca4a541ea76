// The SDK in about five seconds: a server and three clients, everything they say checked, and the server killed in the middle.
// With --cluster: etcd, NATS and three servers, and a conversation that goes on when the one that serves it is killed.
//
//   npm run demo [-- --cluster]
//   node examples/demo/src/demo.ts [--cluster] [--server <script>] [--timeout-ms <ms>]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ServerProcess } from "@im-sdk/test-servers";
import { Cluster } from "./cluster.ts";
import { play } from "./play.ts";
import { playCluster } from "./play-cluster.ts";
import { Stage } from "./stage.ts";

const { values } = parseArgs({
  options: {
    cluster: { type: "boolean", default: false },
    server: { type: "string", default: fileURLToPath(new URL("server.ts", import.meta.url)) },
    "timeout-ms": { type: "string", default: "60000" },
  },
});
const stage = new Stage();
const cluster = new Cluster();
const server = new ServerProcess(values.server);
const stopped = Promise.withResolvers<never>();
const timeoutMs = Number(values["timeout-ms"]);
const deadline = setTimeout(() => stopped.reject(new Error(`not over after ${timeoutMs} ms`)), timeoutMs);
const onSignal = (signal: string) => stopped.reject(new Error(`stopped by ${signal}`));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, onSignal);

const startedAt = performance.now();
try {
  const { messages, deliveries } = await Promise.race([
    values.cluster ? playCluster(stage, cluster) : play(stage, server),
    stopped.promise,
  ]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  stage.succeed(
    `${stage.steps} steps, ${stage.checks} checks, ${messages} messages delivered ${deliveries} times, in ${seconds} s`,
  );
} catch (reason) {
  stage.fail(reason);
  await end();
  // Not by itself: after a step that failed, clients are still waiting for something.
  process.exit(1);
}
clearTimeout(deadline);
await end();

async function end(): Promise<void> {
  await Promise.all([server.kill(), cluster.kill()]);
}
