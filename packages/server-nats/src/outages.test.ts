import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { skipWithout } from "@im-sdk/test-servers";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { appendOn, checkAppended } from "./test-kit/append-on.ts";
import { deleteStream } from "./test-kit/delete-stream.ts";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { idsOf, messageOf, toldBy } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

test(
  "what was acknowledged is there once, in the order that was told, after NATS was killed again and again",
  real,
  async (t) => {
    const { nats, logs } = await natsRooms(t, 2, { appendTimeoutMs: 30_000 });
    const told = await Promise.all(logs.map(toldBy));
    const writers = logs.map((log, index) => appendOn(log, "ab"[index] ?? ""));
    for (let round = 1; round <= 4; round += 1) {
      await Promise.all(writers.map((writer) => writer.untilAcknowledged(writer.acknowledged.length + 1_000)));
      await nats.kill();
      await nats.start({ keepData: true });
    }
    await Promise.all(writers.map((writer) => writer.untilAcknowledged(writer.acknowledged.length + 1_000)));
    await Promise.all(writers.map((writer) => writer.stop()));
    await checkAppended(logs[0] ?? assert.fail(), writers, told);
  },
);

test(
  "a NATS that is frozen for seconds loses and doubles nothing, and nothing is answered meanwhile",
  real,
  async (t) => {
    const { nats, logs } = await natsRooms(t, 1, { appendTimeoutMs: 60_000 });
    const [log = assert.fail()] = logs;
    const told = await toldBy(log);
    await log.append(messageOf("first"), "first");
    nats.pause();
    const answered: string[] = [];
    const appends = Array.from({ length: 500 }, async (_, index) => {
      await log.append(messageOf(`${index}`), `${index}`);
      answered.push(`${index}`);
    });
    await delay(3_000);
    assert.deepEqual(answered, []);
    nats.resume();
    await Promise.all(appends);
    const ids = Array.from({ length: 500 }, (_, index) => `${index}`);
    assert.deepEqual(answered, ids);
    assert.deepEqual(told.ids, ["first", ...ids]);
    assert.deepEqual(await idsOf(log), ["first", ...ids]);
  },
);

for (const loss of ["NATS lost its data", "its stream was deleted"] as const) {
  test(`when ${loss} a room goes on in another epoch, on all servers, and the two are not mixed`, real, async (t) => {
    const { nats, logs } = await natsRooms(t, 2, { appendTimeoutMs: 30_000 });
    const [writer, reader] = logs;
    assert.ok(writer !== undefined && reader !== undefined);
    const told = await Promise.all([writer, reader].map(toldBy));
    const old = await writer.append(messageOf("old"), "old");
    await told[1]?.until("old");
    if (loss === "NATS lost its data") {
      await nats.kill();
      // On its way when all is lost.
      const pending = writer.append(messageOf("pending"), "pending");
      await nats.start({ keepData: false });
      assert.notEqual((await pending).epoch, old.epoch);
    } else {
      const connection = await connect({ servers: nats.address });
      const { streams } = await jetstreamManager(connection);
      for await (const { config } of streams.list()) await deleteStream(connection, config.name);
      await connection.close();
      assert.notEqual((await writer.append(messageOf("pending"), "pending")).epoch, old.epoch);
    }
    const again = await writer.append(messageOf("old"), "old");
    assert.deepEqual([again.sequence, again.duplicate], [2n, false], "nothing of the last epoch counts");
    for (const each of told) {
      while (each.told.length < 3) await new Promise(setImmediate);
      assert.deepEqual(
        each.told.map(({ messageId, epoch, sequence }) => [messageId, epoch, sequence]),
        [
          ["old", old.epoch, 1n],
          ["pending", again.epoch, 1n],
          ["old", again.epoch, 2n],
        ],
      );
    }
    const head = await reader.head();
    assert.deepEqual([head.epoch, head.sequence], [again.epoch, 2n]);
    assert.deepEqual(await idsOf(reader), ["pending", "old"]);
  });
}

test(
  "while NATS is away a message is refused in time, or when too many wait, to be tried again later",
  real,
  async (t) => {
    const bounds = { appendTimeoutMs: 500, maxWaitingMessages: 3, maxWaitingBytes: 1_000 };
    const { nats, logs } = await natsRooms(t, 1, bounds);
    const [log = assert.fail()] = logs;
    await log.append(messageOf("a"), "a");
    await nats.kill();
    const append = (text: string) =>
      Promise.resolve(log.append(messageOf(text), text)).then(
        ({ sequence }) => sequence,
        (error: unknown) => error,
      );
    const large = await Promise.all([append("b"), append("x".repeat(2_000)), append("c"), append("d"), append("e")]);
    for (const error of large) {
      assert.ok(error instanceof ConnectError, String(error));
      assert.equal(error.code, Code.Unavailable);
      assert.equal(error.metadata.get("grpc-retry-pushback-ms"), "1000");
    }
    assert.match(String(large[1]), /1 messages with \d+ bytes wait for the room log already/);
    assert.match(String(large[4]), /3 messages .* wait/);
    assert.match(String(large[0]), /did not answer within 500 ms: the message may be stored or not/);
    await nats.start({ keepData: true });
    let sequence: unknown;
    while (typeof sequence !== "bigint") sequence = await append("f");
    assert.deepEqual(await idsOf(log), ["a", "f"]);
  },
);
