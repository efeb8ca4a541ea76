import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skipWithout, startConsul } from "@im-sdk/test-servers";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { ConsulApi } from "./test-kit/consul-api.ts";
import { startCounter } from "./test-kit/stand-in.ts";
import { until } from "./test-kit/until.ts";

const real = await skipWithout("consul");

test("a process that used everything ends by itself, and leaves nothing in Consul", real, async () => {
  await using consul = await startConsul();
  const program = fileURLToPath(new URL("./test-kit/whole-program.ts", import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, consul.address]);
  assert.equal(stderr, "");
  assert.match(stdout, /^left: *$/m);
  assert.deepEqual(await new ConsulApi(consul.address).passingIds("program"), []);
});

test("hundreds of watches and questions leave no connection behind once they have ended", real, async () => {
  await using consul = await startConsul();
  await using counter = await startCounter(consul.address);
  await using discovery = new ConsulDiscovery({ address: counter.address });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  for (let round = 0; round < 100; round++) {
    for await (const _ of discovery.watch("none")) break;
    await discovery.discover("none");
  }
  const watches = Array.from({ length: 50 }, () => discovery.watch("none"));
  await Promise.all(watches.map((watch) => watch[Symbol.asyncIterator]().next()));
  // Each watch waits on a connection of its own, and this leaves an idle one.
  await discovery.discover("none");
  const open = await counter.connections();
  assert.ok(open >= 50 && open <= 52, `${open} connections for 50 watches and a question`);
  await discovery.close();
  await until(async () => (await counter.connections()) === 0);
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});
