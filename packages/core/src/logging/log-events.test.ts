import assert from "node:assert/strict";
import { Console } from "node:console";
import { once } from "node:events";
import { Writable } from "node:stream";
import { test } from "node:test";
import { pino } from "pino";
import winston from "winston";
import { EventHub } from "../events/event-hub.ts";
import type { ImEvents } from "../events/im-events.ts";
import { resolveImClientOptions } from "../im-client-options.ts";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { logEvents } from "./log-events.ts";
import type { Logger } from "./logger.ts";

function sink() {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return { stream, lines: () => text.split("\n").filter((line) => line !== "") };
}

/** A client's life, as its events tell it. */
function live(logger: Logger): void {
  const events = new EventHub<ImEvents>();
  logEvents(events, logger, "ann");
  const instance = {
    id: "a",
    name: "im",
    address: "::1",
    port: 8083,
    tags: [],
    metadata: {},
    health: "healthy",
  } as const;
  const error = new ImError("unavailable", "the server ended the stream");
  void events.emit("stateChange", { state: "connected", previous: "connecting" });
  void events.emit("connect", { instance, capabilities: ["ack"] });
  void events.emit("disconnect", error);
  void events.emit("reconnecting", { attempt: 1, delayMs: 250.4, error });
  void events.emit("gap", { roomId: "lobby", reason: "not_in_log", after: undefined, upTo: undefined });
  void events.emit("instances", { list: [instance], isStale: true, ageMs: 5, error });
  void events.emit("instances", { list: [instance], isStale: false, ageMs: 0, error: undefined });
  void events.emit("settled", { messageId: "m", roomId: "lobby", error: new ImError("expired", "too late") });
  void events.emit("error", error);
  void events.emit("disconnect", undefined);
}

const levels = ["debug", "info", "warn", "warn", "warn", "warn", "debug", "warn", "error", "info"];
const messages = [
  "im: connecting → connected",
  "im: connected to [::1]:8083",
  "im: the stream is gone: the server ended the stream",
  "im: reconnecting in 250 ms, try 1: the server ended the stream",
  "im: messages of lobby are missing: not_in_log",
  "im: the list of instances may be old: the server ended the stream",
  "im: known instances: 1",
  "im: message m of an earlier process has ended",
  "im: the server ended the stream",
  "im: disconnected",
];

test("pino gets an object and a message, with the error where its serializer looks for it", () => {
  const { stream, lines } = sink();
  live(pino({ level: "debug" }, stream));
  const records = lines().map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ level, msg }) => [pino.levels.labels[level], msg]),
    messages.map((message, index) => [levels[index], message]),
  );
  for (const record of records) assert.equal(record.userId, "ann");
  assert.deepEqual([records[2].code, records[2].err.type], ["unavailable", "ImError"]);
  assert.deepEqual([records[5].addresses, records[5].isStale], [["[::1]:8083"], true]);
});

test("winston gets a message and an object", () => {
  const { stream, lines } = sink();
  const transports = [new winston.transports.Stream({ stream })];
  live(winston.createLogger({ level: "debug", format: winston.format.json(), transports }));
  const records = lines().map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map(({ level, message }) => [level, message]),
    messages.map((message, index) => [levels[index], message]),
  );
  assert.deepEqual([records[3].userId, records[3].attempt, records[3].code], ["ann", 1, "unavailable"]);
});

test("console gets a message and an object", () => {
  const { stream, lines } = sink();
  live(new Console({ stdout: stream, inspectOptions: { breakLength: Number.POSITIVE_INFINITY, compact: true } }));
  const text = lines().join("\n");
  for (const message of messages) assert.ok(text.includes(message), message);
  assert.match(text, /connected to \[::1\]:8083 \{ userId: 'ann', instance: 'a', capabilities: \[ 'ack' \] \}/);
});

test("a logger that has one of pino's methods for something else is not taken for pino", () => {
  for (const name of ["bindings", "setBindings"]) {
    const lines: unknown[][] = [];
    const write = (...parts: unknown[]) => lines.push(parts);
    live({ debug: write, info: write, warn: write, error: write, [name]: () => ({}) } as Logger);
    assert.deepEqual(
      lines.map(([message, fields]) => [message, typeof fields]),
      messages.map((message) => [message, "object"]),
    );
  }
});

test("a logger that rejects is told as an error, as one that throws is, and the process goes on", async () => {
  for (const fail of [() => Promise.reject(new Error("disk full")), () => assert.fail("disk full")]) {
    const events = new EventHub<ImEvents>();
    const logger = { debug: fail, info: fail, warn: fail, error: () => {} };
    logEvents(events, logger, "ann");
    const told: string[] = [];
    events.on("error", ({ message }) => told.push(message));
    await events.emit("disconnect", undefined);
    await events.emit("instances", { list: [], isStale: false, ageMs: 0, error: undefined });
    await events.emit("settled", { messageId: "m", roomId: "lobby", error: new ImError("expired", "too late") });
    assert.deepEqual(
      told,
      [
        ["disconnect", "info"],
        ["instances", "debug"],
        ["settled", "warn"],
      ].map(([name, level]) => `a listener of "${name}" failed: the logger, at ${level}(): disk full`),
    );
  }
});

test("a logger that cannot take an error is told as what it is, with the error, by a process warning", async () => {
  for (const fail of [() => Promise.reject(new Error("disk full")), () => assert.fail("disk full")]) {
    const events = new EventHub<ImEvents>();
    logEvents(events, { debug: fail, info: fail, warn: fail, error: fail }, "ann");
    const warned = once(process, "warning");
    void events.emit("error", new ImError("unavailable", "the server is gone"));
    const [{ message }] = await warned;
    const failed = 'a listener of "error" failed: the logger, at error(): disk full';
    assert.equal(message, `${failed}; it was told: the server is gone`);
  }
});

test("what is no logger is refused by name", () => {
  const logger = { info: () => {} } as unknown as Logger;
  assert.throws(
    () => resolveImClientOptions({ userId: "ann", logger }),
    hasCode("invalid_argument", "logger", "debug()"),
  );
});
