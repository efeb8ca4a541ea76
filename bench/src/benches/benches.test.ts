import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { skipWithout } from "@im-sdk/test-servers";
import type { Result } from "../measures/result.ts";
import { jsonReport } from "../report/json-report.ts";
import { ratioTable } from "../report/wanted-ratios.ts";
import { benches } from "./benches.ts";

const needed: Readonly<Record<string, Awaited<ReturnType<typeof skipWithout>>>> = {
  discovery: await skipWithout("consul", "etcd"),
  cluster: await skipWithout("nats-server"),
};
const measuresOf: Readonly<Record<string, readonly string[]>> = {
  stream: ["stream.throughput", "stream.acknowledged.throughput"],
  latency: ["stream.latency.p50", "stream.latency.p99"],
  receive: ["receive.throughput"],
  upload: ["upload.throughput"],
  unary: ["unary.throughput"],
  fanout: ["fanout.throughput"],
  scaling: [
    "scaling.streams.throughput",
    "scaling.streams.latency.p50",
    "scaling.streams.latency.p99",
    "scaling.payload.throughput",
    "scaling.payload.bytes",
    "scaling.payload.latency.p50",
    "scaling.payload.latency.p99",
  ],
  idle: ["idle.memory.heap", "idle.memory.resident", "idle.sockets", "idle.cpu", "idle.cpu.heartbeat"],
  failover: ["failover"],
  import: ["import.time", "import.process"],
  balancers: ["balancers.picks.3", "balancers.picks.100", "balancers.picks.1000"],
  discovery: ["discovery.registered", "discovery.killed"],
  cluster: ["cluster.messages", "cluster.deliveries"],
};

test("every benchmark has a test", () => {
  assert.deepEqual(Object.keys(benches), Object.keys(measuresOf));
});

describe("benchmarks of next to nothing", { concurrency: 3 }, () => {
  for (const [name, measures] of Object.entries(measuresOf)) {
    test(`${name} gives all that it measures`, needed[name] ?? {}, async () => {
      const results = (await benches[name]?.run({ size: "quick", tell() {} })) ?? [];
      assert.deepEqual([...new Set(results.map(({ measure }) => measure))], measures);
      for (const result of results) checkResult(result);
      const { ratios } = jsonReport(results);
      const expected = ratioTable.filter(({ measure }) => measures.includes(measure)).map(({ key }) => key);
      // What is acknowledged is compared with a peer's plain stream, which is of the same benchmark.
      assert.deepEqual(Object.keys(ratios).toSorted(), expected.toSorted());
    });
  }
});

test("every ratio of the table is of a measure that some benchmark gives", () => {
  const all = Object.values(measuresOf).flat();
  assert.deepEqual(
    ratioTable.filter(({ measure, peerMeasure }) => !all.includes(measure) || !all.includes(peerMeasure)),
    [],
  );
});

function checkResult({ subject, unit, median, lowest, highest, rounds }: Result): void {
  assert.ok(subject !== "" && unit !== "");
  assert.ok(rounds >= 1);
  assert.ok(lowest <= median && median <= highest, `${subject}: ${lowest} ≤ ${median} ≤ ${highest}`);
}
