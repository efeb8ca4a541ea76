// The SDK in about five seconds: a server and three clients, everything they say checked, and the server killed in the middle.
//
//   npm run demo
//   node examples/demo/src/demo.ts [--server <script>] [--timeout-ms <ms>]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ServerProcess } from "@im-sdk/example-kit";
import { play } from "./play.ts";
import { Stage } from "./stage.ts";

const { values } = parseArgs({
  options: {
    server: { type: "string", default: fileURLToPath(new URL("server.ts", import.meta.url)) },
    "timeout-ms": { type: "string", default: "60000" },
  },
});
const stage = new Stage();
const server = new ServerProcess(values.server);
const stopped = Promise.withResolvers<never>();
const timeoutMs = Number(values["timeout-ms"]);
const deadline = setTimeout(() => stopped.reject(new Error(`not over after ${timeoutMs} ms`)), timeoutMs);
const onSignal = (signal: string) => stopped.reject(new Error(`stopped by ${signal}`));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, onSignal);

const startedAt = performance.now();
try {
  const { messages, deliveries } = await Promise.race([play(stage, server), stopped.promise]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  stage.succeed(
    `${stage.steps} steps, ${stage.checks} checks, ${messages} messages delivered ${deliveries} times, in ${seconds} s`,
  );
} catch (reason) {
  stage.fail(reason);
  await server.kill();
  // Not by itself: after a step that failed, clients are still waiting for something.
  process.exit(1);
}
clearTimeout(deadline);
await server.kill();
