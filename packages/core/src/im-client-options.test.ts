import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { createInstance, ManualClock } from "@im-sdk/testing";
import { requireId, requireTimeoutMs } from "./check-argument.ts";
import { createEndpointPool } from "./connection/endpoint-pool.ts";
import { StaticDiscovery } from "./discovery/static-discovery.ts";
import { defaultOptions, type ImClientOptions, resolveImClientOptions } from "./im-client-options.ts";
import { hasCode } from "./test-kit/has-code.ts";

function resolve(options: object) {
  return resolveImClientOptions({ userId: "ann", ...options } as ImClientOptions);
}

test("a user id is all that is needed; the rest has its default", () => {
  const resolved = resolve({});
  const { connectTimeoutMs, requestTimeoutMs, heartbeatIntervalMs, heartbeatTimeoutMs, maxRetries, retryIntervalMs } =
    resolved;
  assert.deepEqual(
    { connectTimeoutMs, requestTimeoutMs, heartbeatIntervalMs, heartbeatTimeoutMs, maxRetries, retryIntervalMs },
    {
      connectTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      heartbeatIntervalMs: 30_000,
      heartbeatTimeoutMs: 10_000,
      maxRetries: 3,
      retryIntervalMs: 5_000,
    },
  );
  const { userId, serviceName, hashKey, maxReceiveBytes, maxSendBytes, tls, interceptors, outbox, inbox } = resolved;
  assert.deepEqual(
    { userId, serviceName, hashKey, maxReceiveBytes, maxSendBytes, tls, interceptors, outbox, inbox },
    {
      userId: "ann",
      serviceName: "im-service",
      hashKey: "ann",
      maxReceiveBytes: 4 * 1024 * 1024 + 64 * 1024,
      maxSendBytes: 4 * 1024 * 1024,
      tls: false,
      interceptors: [],
      outbox: {
        maxMessages: 10_000,
        maxBytes: 64 * 1024 * 1024,
        maxAgeMs: 600_000,
        whenFull: "wait",
        resendUnanswered: false,
      },
      inbox: { maxQueued: 1_000, whenFull: "pause" },
    },
  );
  assert.deepEqual([resolved.hasOwnBalancer, resolved.ownsEndpointPool, resolved.clock], [false, true, systemClock]);
  assert.deepEqual([resolved.leaveAfterMs, resolved.keepLastInstances], [10_000, false]);
  assert.deepEqual([resolved.services, resolved.discovery, resolved.credentials], [undefined, undefined, undefined]);
});

test("what is given is taken", () => {
  const clock = new ManualClock();
  const endpointPool = createEndpointPool();
  const discovery = new StaticDiscovery([]);
  const balancer = { update() {}, pick: () => undefined };
  const onMessage = () => {};
  const credentials = () => "token";
  const given = {
    serviceName: "chat",
    hashKey: "k",
    connectTimeoutMs: 1,
    maxRetries: 0,
    maxReceiveBytes: 1,
    leaveAfterMs: 7,
    keepLastInstances: true,
    tls: true,
  };
  const resolved = resolve({ ...given, clock, endpointPool, discovery, balancer, onMessage, credentials });
  for (const [name, value] of Object.entries({
    ...given,
    clock,
    endpointPool,
    discovery,
    balancer,
    onMessage,
    credentials,
  })) {
    assert.equal(resolved[name as keyof typeof resolved], value, name);
  }
  assert.deepEqual([resolved.hasOwnBalancer, resolved.ownsEndpointPool], [true, false]);
  for (const name of ["maxRetries", "leaveAfterMs"] as const) {
    assert.equal(resolve({ [name]: Number.POSITIVE_INFINITY })[name], Number.POSITIVE_INFINITY);
  }
});

test("services become instances of the service", () => {
  const instance = createInstance("b");
  const [first, second] = resolve({ serviceName: "chat", services: ["localhost:8083", instance] }).services ?? [];
  assert.deepEqual([first?.name, first?.port, second], ["chat", 8083, instance]);
  assert.deepEqual(resolve({ services: [] }).services, []);
});

/** Option, value, and how the error writes the value. */
const bad: [string, unknown, string][] = [
  ["userId", undefined, "undefined"],
  ["userId", "", '""'],
  ["userId", 7, "7"],
  ["userId", "\ud800", '"\ud800"'],
  ["defaultRoomId", "", '""'],
  ["defaultRoomId", 7, "7"],
  ["serviceName", "", '""'],
  ["hashKey", 7, "7"],
  ["services", "localhost:8083", "localhost:8083"],
  ["services", [null], "null"],
  ["services", ["localhost"], '"localhost"'],
  ["services", ["localhost:65536"], '"localhost:65536"'],
  ["services", [{ ...createInstance("a"), port: 0 }], "0"],
  ["maxRetries", -1, "-1"],
  ["maxRetries", 1.5, "1.5"],
  ["maxRetries", Number.NaN, "NaN"],
  ["maxRetries", "3", '"3"'],
  ["maxReceiveBytes", 0, "0"],
  ["maxReceiveBytes", 0.5, "0.5"],
  ["maxReceiveBytes", 2 ** 32, "4294967296"],
  ["maxReceiveBytes", Number.POSITIVE_INFINITY, "Infinity"],
  ["maxSendBytes", -1, "-1"],
  ["maxSendBytes", Number.NaN, "NaN"],
  ["leaveAfterMs", 0, "0"],
  ["leaveAfterMs", Number.NaN, "NaN"],
  ["leaveAfterMs", Number.NEGATIVE_INFINITY, "-Infinity"],
  ["keepLastInstances", "yes", '"yes"'],
  ["interceptors", "none", '"none"'],
  ["interceptors", [7], "7"],
  ["balancer", class Balancer {}, "the function Balancer"],
  ["onMessage", "listener", '"listener"'],
  ["onConnect", null, "null"],
  ["onDisconnect", {}, "[object Object]"],
  ["onError", 7, "7"],
  ["outbox.maxMessages", { outbox: { maxMessages: 0 } }, "0"],
  ["outbox.maxBytes", { outbox: { maxBytes: Number.NaN } }, "NaN"],
  ["outbox.whenFull", { outbox: { whenFull: "explode" } }, '"explode"'],
  ["inbox", 7, "7"],
  ["inbox.maxQueued", { inbox: { maxQueued: 0 } }, "0"],
  ["inbox.whenFull", { inbox: { whenFull: "close" } }, '"close"'],
];
const msOptions = [
  "connectTimeoutMs",
  "requestTimeoutMs",
  "heartbeatIntervalMs",
  "heartbeatTimeoutMs",
  "retryIntervalMs",
];
for (const name of msOptions) {
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "5"]) {
    bad.push([name, value, typeof value === "string" ? `"${value}"` : String(value)]);
  }
}

for (const [name, value, written] of bad) {
  test(`${name} ${written} is refused by name and value`, () => {
    const options = name.includes(".") ? (value as object) : { [name]: value };
    assert.throws(() => resolve(options), hasCode("invalid_argument", name, written));
  });
}

test("no options at all are refused for the user id", () => {
  assert.throws(() => resolveImClientOptions(undefined as never), hasCode("invalid_argument", "userId"));
});

test("services and a discovery exclude each other, even an empty list", () => {
  const options = { services: [], discovery: new StaticDiscovery([]) };
  assert.throws(() => resolve(options), hasCode("invalid_argument", "services", "discovery"));
});

test("credentials that are empty or of another kind are refused, and never written out", () => {
  for (const credentials of ["", 7, { token: "secret" }]) {
    assert.throws(
      () => resolve({ credentials }),
      (error) => hasCode("invalid_argument", "credentials")(error) && !(error as Error).message.includes("secret"),
    );
  }
  assert.equal(resolve({ credentials: "token" }).credentials, "token");
});

test("an option that is undefined has its default", () => {
  for (const name of Object.keys(defaultOptions) as (keyof typeof defaultOptions)[]) {
    assert.equal(resolve({ [name]: undefined })[name], defaultOptions[name], name);
  }
});

test("ids are text that is not empty, timeouts positive numbers, Infinity included", () => {
  assert.equal(requireId("roomId", "r"), "r");
  for (const id of ["", undefined, null, 7])
    assert.throws(() => requireId("roomId", id), hasCode("invalid_argument", "roomId"));
  assert.equal(requireTimeoutMs("timeoutMs", 0.5), 0.5);
  assert.equal(requireTimeoutMs("timeoutMs", Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  for (const value of [0, -1, Number.NaN, "5"]) {
    assert.throws(
      () => requireTimeoutMs("timeoutMs", value as number),
      hasCode("invalid_argument", "timeoutMs", String(value)),
    );
  }
});

test("a word that is no option is refused with those that are", () => {
  const unknown: [string, Record<string, unknown>][] = [
    ["maxRetry", { maxRetry: 3 }],
    ["outbox.maxMsgs", { outbox: { maxMsgs: 3 } }],
    ["inbox.max", { inbox: { max: 3 } }],
  ];
  for (const [name, options] of unknown) {
    assert.throws(
      () => resolveImClientOptions({ userId: "ann", ...options }),
      hasCode("invalid_argument", `${name} is not an option`),
    );
  }
});
