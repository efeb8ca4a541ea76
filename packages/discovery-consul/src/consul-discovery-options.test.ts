import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { type ConsulDiscoveryOptions, resolveConsulDiscoveryOptions } from "./consul-discovery-options.ts";

test("without options it is the agent on this machine, a gRPC check, and bounds that notice a dead agent in 16 s", () => {
  const options = resolveConsulDiscoveryOptions({});
  assert.deepEqual([options.host, options.port, options.tls], ["localhost", 8500, false]);
  assert.deepEqual([options.waitMs, options.requestTimeoutMs], [10_000, 5_000]);
  assert.deepEqual(options.check, {
    kind: "grpc",
    intervalMs: 10_000,
    timeoutMs: 5_000,
    useTls: false,
    skipTlsVerify: false,
    deregisterCriticalAfterMs: 60_000,
  });
  assert.deepEqual(resolveConsulDiscoveryOptions({ check: { kind: "ttl" } }).check, {
    kind: "ttl",
    ttlMs: 15_000,
    deregisterCriticalAfterMs: 60_000,
  });
});

const bad: [ConsulDiscoveryOptions | object, ...string[]][] = [
  [{ address: "http://localhost:8500" }, "address", '"http://localhost:8500"', "host:port"],
  [{ address: 8500 }, "address", "8500"],
  [{ datacenter: "" }, "datacenter", '""', "non-empty"],
  [{ namespace: 1 }, "namespace", "1"],
  [{ tag: "" }, "tag", '""'],
  [{ tls: "yes" }, "tls", '"yes"'],
  [{ tls: { cert: "none", key: "none" } }, "tls"],
  [{ waitMs: 600_001 }, "waitMs", "600001", "600000"],
  [{ waitMs: 0 }, "waitMs", "0", "1000"],
  [{ requestTimeoutMs: Number.NaN }, "requestTimeoutMs", "NaN"],
  [{ check: "grpc" }, "check", '"grpc"'],
  [{ check: { kind: "http" } }, "check.kind", '"http"', '"ttl"'],
  [{ check: { kind: "grpc", intervalMs: 0 } }, "check.intervalMs", "0"],
  [{ check: { kind: "grpc", useTls: "yes" } }, "check.useTls", '"yes"'],
  [{ check: { kind: "ttl", ttlMs: 999 } }, "check.ttlMs", "999", "1000"],
  [{ check: { kind: "ttl", deregisterCriticalAfterMs: 59_999 } }, "check.deregisterCriticalAfterMs", "59999", "60000"],
];
for (const [options, name, ...words] of bad) {
  test(`${name} ${words[0] ?? "of nonsense"} is refused by name, value and what is allowed`, () => {
    assert.throws(
      () => new ConsulDiscovery(options),
      (error: Error) =>
        error instanceof RangeError &&
        error.message.startsWith(`${name} `) &&
        words.every((word) => error.message.includes(word)),
    );
  });
}

test("a token that cannot be sent is refused without being shown", () => {
  assert.throws(
    () => new ConsulDiscovery({ token: "se cret" }),
    (error: Error) => error.message.startsWith("token ") && !inspect(error).includes("cret"),
  );
});
