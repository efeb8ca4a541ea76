import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import {
  type RegisterOptions,
  type Registration,
  RegistryError,
  type ServiceInstance,
  type ServiceRegistry,
} from "@im-sdk/contracts";
import { HealthStatus } from "@im-sdk/gen";
import { startImServer } from "../im-server.ts";
import type { LogFields, Logger } from "../logger.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { connectTo } from "../test-kit/test-server.ts";
import { TestStream } from "../test-kit/test-stream.ts";
import type { RegistrationOptions } from "./registration-options.ts";

const away = new RegistryError("unavailable", "Consul at localhost:8500", "connection refused");
const refused = new RegistryError("permission_denied", "Consul at localhost:8500", "check the token");

/** A registry that lets the test decide what becomes of a registration, with all that was asked of it. */
class ManualRegistry implements ServiceRegistry {
  readonly registered = Promise.withResolvers<void>();
  readonly asked: ServiceInstance[] = [];
  options: RegisterOptions = {};
  /** What a registration does when it is closed. */
  onClose: () => void | Promise<void> = () => {};

  async register(instance: ServiceInstance, options: RegisterOptions = {}): Promise<Registration> {
    this.asked.push(instance);
    this.options = options;
    const aborted = Promise.withResolvers<never>();
    options.signal?.addEventListener("abort", () => aborted.reject(options.signal?.reason));
    aborted.promise.catch(() => {});
    await Promise.race([this.registered.promise, aborted.promise]);
    const close = async () => this.onClose();
    return { instance, close, [Symbol.asyncDispose]: close };
  }

  async deregister(): Promise<void> {}
}

function recordingLogger() {
  const lines: string[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push(`${level} ${message}${fields.error instanceof Error ? `: ${fields.error.message}` : ""}`);
    };
  return { lines, logger: { error: at("error"), warn: at("warn"), info: at("info"), debug: at("debug") } as Logger };
}

test("it starts once it is registered, as what it knows of itself", async () => {
  const registry = new ManualRegistry();
  let isStarted = false;
  const starting = startImServer({ registry }).then((server) => {
    isStarted = true;
    return server;
  });
  while (registry.asked.length === 0) await new Promise(setImmediate);
  assert.equal(isStarted, false);
  registry.registered.resolve();
  await using server = await starting;
  const id = `im-service-127.0.0.1-${server.port}`;
  const at = { address: "127.0.0.1", port: server.port };
  assert.deepEqual(registry.asked, [{ id, name: "im-service", ...at, tags: [], metadata: {}, health: "healthy" }]);
});

test("what is advertised can be told otherwise, one by one", async () => {
  const registry = new ManualRegistry();
  registry.registered.resolve();
  const instance = { id: "im-7", address: "im.example.com", port: 443, tags: ["blue"], metadata: { weight: "5" } };
  await using _server = await startImServer({ registry, serviceName: "chat", instance });
  assert.deepEqual(registry.asked, [{ name: "chat", health: "healthy", ...instance }]);
});

test("on a drain and on a close the registry forgets it while the port is still open and health says NOT_SERVING", async () => {
  for (const leave of ["drain", "close"] as const) {
    const registry = new ManualRegistry();
    registry.registered.resolve();
    const server = await startImServer({ registry });
    const { im, session } = connectTo(server.url);
    let seen: unknown;
    registry.onClose = async () => {
      const { status } = await im.healthCheck({});
      const socket = connect(server.port, "127.0.0.1");
      await new Promise((resolve, reject) => socket.on("connect", resolve).on("error", reject));
      socket.destroy();
      seen = status;
      session.abort();
    };
    await server[leave]();
    assert.equal(seen, HealthStatus.NOT_SERVING, leave);
  }
});

test("while the registry is away it serves, says so, and is registered behind", async () => {
  const registry = new ManualRegistry();
  const { lines, logger } = recordingLogger();
  const starting = startImServer({ registry, logger });
  while (registry.asked.length === 0) await new Promise(setImmediate);
  registry.options.onError?.(away);
  await using server = await starting;
  const { im, session } = connectTo(server.url);
  assert.equal((await im.healthCheck({})).status, HealthStatus.SERVING);
  session.abort();
  registry.registered.resolve();
  await new Promise(setImmediate);
  for (let failure = 0; failure < 3; failure++) registry.options.onError?.(away);
  registry.options.onRecovered?.();
  const once =
    "warn the registry cannot be told of this server; trying again until it can: Consul at localhost:8500: connection refused";
  assert.deepEqual(
    lines.filter((line) => !line.startsWith("debug")),
    [once, "info registered", once, "info registered"],
  );
});

test("a server that leaves before the registry was told of it is never registered", async () => {
  const registry = new ManualRegistry();
  const { lines, logger } = recordingLogger();
  const starting = startImServer({ registry, logger });
  while (registry.asked.length === 0) await new Promise(setImmediate);
  registry.options.onError?.(away);
  const server = await starting;
  await server.close();
  assert.equal(registry.options.signal?.aborted, true);
  assert.ok(!lines.some((line) => line.startsWith("error") || line.includes("goes away")), lines.join("\n"));
});

test("what the registry refuses for good is thrown, and nothing is left listening", async () => {
  const registry = new ManualRegistry();
  registry.registered.promise.catch(() => {});
  registry.registered.reject(refused);
  await assert.rejects(startImServer({ registry }), refused);
  const port = registry.asked[0]?.port ?? 0;
  const socket = connect(port, "127.0.0.1");
  const outcome = await new Promise((resolve) => socket.on("connect", () => resolve("open")).on("error", resolve));
  assert.equal((outcome as NodeJS.ErrnoException).code, "ECONNREFUSED");
});

test("a registry that refuses later, or cannot be told of the end, is logged, and the server closes all the same", async () => {
  const late = new ManualRegistry();
  const { lines, logger } = recordingLogger();
  const starting = startImServer({ registry: late, logger });
  while (late.asked.length === 0) await new Promise(setImmediate);
  late.options.onError?.(away);
  const server = await starting;
  late.registered.reject(refused);
  await new Promise(setImmediate);
  await server.close();
  assert.ok(lines.includes("error the registry refuses this server: Consul at localhost:8500: check the token"));

  const gone = new ManualRegistry();
  gone.registered.resolve();
  gone.onClose = () => Promise.reject(away);
  const leaving = await startImServer({ registry: gone, logger });
  lines.length = 0;
  const closed = leaving.close();
  gone.options.onError?.(away);
  await closed;
  assert.equal(gone.options.signal?.aborted, false, "what is registered is closed, and nothing is tried again");
  assert.deepEqual(
    lines.filter((line) => line.startsWith("warn")),
    ["warn the registry could not be told that this server goes away: Consul at localhost:8500: connection refused"],
  );
});

test("a registry that never answers holds up neither drain nor close, and clients are told at once", async () => {
  for (const leave of ["drain", "close"] as const) {
    const clock = new FakeClock();
    const registry = new ManualRegistry();
    registry.registered.resolve();
    const asked = Promise.withResolvers<void>();
    registry.onClose = () => {
      asked.resolve();
      return new Promise<void>(() => {});
    };
    const { lines, logger } = recordingLogger();
    const server = await startImServer({ registry, logger, clock });
    const { im, session } = connectTo(server.url);
    const stream = new TestStream(im, { "user-id": "ann", "im-capabilities": "ack, resume" });
    await stream.next();
    const leaving = leave === "drain" ? server.drain({ timeoutMs: 5_000 }) : server.close();
    await asked.promise;
    if (leave === "drain") assert.equal((await stream.nextSystem()).eventType, "server_draining");
    else await stream.ended;
    clock.advance(leave === "drain" ? 5_000 : 2_000);
    await new Promise(setImmediate);
    clock.advance(10_000);
    session.abort();
    await leaving;
    assert.match(
      lines.join("\n"),
      /warn the registry could not be told that this server goes away: it has not answered/,
    );
  }
});

test("a wrong option is refused with its name, its value and what is allowed", async () => {
  const wrong: [object, RegExp][] = [
    [{ registry: {} }, /registry is an object: want a ServiceRegistry/],
    [{ serviceName: "" }, /serviceName is "": want a name/],
    [{ instance: { id: "" } }, /id of an instance must be a non-empty string, got ""/],
    [{ instance: { address: "[::1]" } }, /address of an instance must be .*, got "\[::1\]"/],
    [{ instance: { address: "http://x" } }, /address of an instance must be .*, got "http:\/\/x"/],
    [{ instance: { port: 0 } }, /instance\.port is 0: want a whole number from 1 to 65535/],
    [{ instance: { wieght: 1 } }, /instance\.wieght is 1, but there is no such option/],
  ];
  for (const [options, message] of wrong) await assert.rejects(startImServer(options as RegistrationOptions), message);
});
