import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance } from "@im-sdk/testing";
import { resolveCheck, toServiceDefinition } from "./consul-check.ts";

const instance = createInstance("a", { address: "fd00::1", port: 80, tags: ["x"], metadata: { weight: "2" } });

test("a gRPC check asks the instance itself, over TLS when it serves TLS", () => {
  const check = resolveCheck({ kind: "grpc", useTls: true, skipTlsVerify: true, intervalMs: 2_000, timeoutMs: 1_000 });
  assert.deepEqual(toServiceDefinition(instance, check, "service:a"), {
    ID: "a",
    Name: "im-service",
    Address: "fd00::1",
    Port: 80,
    Tags: ["x"],
    Meta: { weight: "2" },
    Check: {
      CheckID: "service:a",
      Status: "passing",
      DeregisterCriticalServiceAfter: "60000ms",
      GRPC: "[fd00::1]:80",
      GRPCUseTLS: true,
      TLSSkipVerify: true,
      Interval: "2000ms",
      Timeout: "1000ms",
    },
  });
});

test("a TTL check has its TTL and nothing for Consul to ask", () => {
  const check = resolveCheck({ kind: "ttl", ttlMs: 4_500, deregisterCriticalAfterMs: 90_000 });
  assert.deepEqual((toServiceDefinition(instance, check, "service:a") as { Check: object }).Check, {
    CheckID: "service:a",
    Status: "passing",
    DeregisterCriticalServiceAfter: "90000ms",
    TTL: "4500ms",
  });
});
