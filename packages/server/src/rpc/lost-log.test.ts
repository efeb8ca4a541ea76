import assert from "node:assert/strict";
import { test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { JoinRoomRequestSchema, type MessageResponse, MessageType } from "@im-sdk/gen";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import type { LogEntry, LogRange, RoomLog, RoomLogOptions } from "../log/room-log.ts";
import { storageOn } from "../test-kit/storage-on.ts";
import { startTestServer, type TestConnection } from "../test-kit/test-server.ts";
import type { TestStream } from "../test-kit/test-stream.ts";

/** A log that can be lost: it goes on as an empty one, as one in a store of its own does that has lost its data. */
class LosableRoomLog implements RoomLog {
  readonly #options: RoomLogOptions;
  readonly #listeners = new Set<(entry: LogEntry) => void>();
  #log: MemoryRoomLog;
  /** Nothing is told, as when another server has stored it a moment ago. */
  isSilent = false;
  /** Reading waits for it. */
  held: Promise<void> | undefined;

  constructor(options: RoomLogOptions) {
    this.#options = options;
    this.#log = this.#begin();
  }

  lose(): void {
    this.#log = this.#begin();
  }

  append(message: MessageResponse, key: string | undefined) {
    return this.#log.append(message, key);
  }

  async read(range: LogRange) {
    await this.held;
    return this.#log.read(range);
  }

  head() {
    return this.#log.head();
  }

  follow(listener: (entry: LogEntry) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setTtlMs() {}
  prune() {}
  close() {}

  #begin(): MemoryRoomLog {
    const log = new MemoryRoomLog(this.#options);
    log.follow((entry) => {
      if (!this.isSilent) for (const listener of this.#listeners) listener(entry);
    });
    return log;
  }
}

async function startLosable() {
  const logs: LosableRoomLog[] = [];
  const storage = storageOn((_roomId, options) => {
    const log = new LosableRoomLog(options);
    logs.push(log);
    return log;
  });
  const kit = await startTestServer({ storage });
  return { kit, log: () => logs[0] ?? assert.fail() };
}

async function post({ im }: TestConnection, ...texts: string[]): Promise<string> {
  let epoch = "";
  for (const text of texts) {
    const content = new TextEncoder().encode(text);
    ({ epoch } = await im.sendMessage({ userId: "poster", roomId: "r", type: MessageType.TEXT, content }));
  }
  return epoch;
}

function join(stream: TestStream, cursor?: { epoch: string; sequence: bigint }) {
  const content = toBinary(
    JoinRoomRequestSchema,
    create(JoinRoomRequestSchema, cursor === undefined ? {} : { cursor }),
  );
  stream.send({ messageId: "join", roomId: "r", type: MessageType.JOIN_ROOM, content });
  return stream.nextJoin();
}

async function next(stream: TestStream): Promise<[text: string, epoch: string, sequence: bigint, previous: bigint]> {
  const { content, epoch, sequence, previousSequence } = await stream.next(MessageType.TEXT);
  return [new TextDecoder().decode(content), epoch, sequence, previousSequence];
}

test("who is in a room whose log is lost gets the messages of the next epoch from the first on", async () => {
  const { kit, log } = await startLosable();
  await using _kit = kit;
  const connection = kit.connect();
  const stream = connection.open("alice");
  await join(stream);
  const old = await post(connection, "a", "b");
  assert.deepEqual(
    [await next(stream), await next(stream)].map(([text]) => text),
    ["a", "b"],
  );
  log().lose();
  const epoch = await post(connection, "c", "d");
  assert.notEqual(epoch, old);
  assert.deepEqual(await next(stream), ["c", epoch, 1n, 0n]);
  assert.deepEqual(await next(stream), ["d", epoch, 2n, 1n]);
});

test("a join that finds the log lost is not recovered, and does not end those who are in", async () => {
  const { kit, log } = await startLosable();
  await using _kit = kit;
  const connection = kit.connect();
  const stream = connection.open("alice");
  await join(stream);
  const old = await post(connection, "a", "b");
  await next(stream);
  await next(stream);
  log().lose();
  const later = connection.open("bob");
  const joined = await join(later, { epoch: old, sequence: 2n });
  assert.deepEqual([joined.recovered, joined.head?.sequence], [false, 0n]);
  const epoch = await post(connection, "c");
  for (const each of [stream, later]) assert.deepEqual(await next(each), ["c", epoch, 1n, 0n]);
});

test("who catches up while the log is lost gets nothing of the next epoch but from its first message on", async () => {
  const { kit, log } = await startLosable();
  await using _kit = kit;
  const connection = kit.connect();
  const old = await post(connection, "a", "b", "c");
  const held = Promise.withResolvers<void>();
  log().held = held.promise;
  const stream = connection.open("alice");
  assert.equal((await join(stream, { epoch: old, sequence: 2n })).recovered, true);
  log().lose();
  log().isSilent = true;
  const epoch = await post(connection, "1", "2", "3", "4");
  log().isSilent = false;
  held.resolve();
  for (const sequence of [1n, 2n, 3n, 4n])
    assert.deepEqual(await next(stream), [`${sequence}`, epoch, sequence, sequence - 1n]);
});
