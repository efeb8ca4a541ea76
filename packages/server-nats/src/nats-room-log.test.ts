import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { queryObjects } from "node:v8";
import type { ServerStorage } from "@im-sdk/server";
import { type RunningServer, skipWithout, startNats } from "@im-sdk/test-servers";
import { testRoomLog } from "@im-sdk/testing";
import { AppendBudget } from "./append-budget.ts";
import { AppendQueue } from "./append-queue.ts";
import { CreationLock } from "./creation-lock.ts";
import { NatsRoomLog } from "./nats-room-log.ts";
import { natsStorage } from "./nats-storage.ts";
import { RoomFollower } from "./room-follower.ts";
import { roomNames } from "./room-stream.ts";
import { linkedNats } from "./test-kit/linked-nats.ts";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { logOptions, messageOf, toldBy } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

if (real.skip === false) {
  let starting: Promise<RunningServer> | undefined;
  let rooms = 0;
  after(async () => (await starting)?.stop());

  testRoomLog({
    name: "natsStorage",
    // Ages and the bounds of ids are JetStream's, which has a clock of its own.
    without: ["clock", "exact bounds"],
    async create() {
      starting ??= startNats();
      const nats = await starting;
      rooms += 1;
      const options = { servers: nats.address, prefix: `suite${rooms}` };
      let storage: ServerStorage = await natsStorage(options);
      return {
        openLog: (roomId, logOptions) => storage.openLog(roomId, logOptions),
        async restart() {
          await storage.close();
          await nats.kill();
          await nats.start({ keepData: true });
          storage = await natsStorage(options);
        },
        dispose: () => storage.close(),
      };
    },
  });
}

test("a listener that throws is logged, and the others are told as ever", real, async (t) => {
  const { rooms } = await natsRooms(t, 1);
  const errors: unknown[] = [];
  const options = logOptions();
  const logger = {
    ...options.logger,
    error: (message: string, fields?: object) => errors.push({ message, ...fields }),
  };
  const log = rooms[0]?.storage.openLog("q", { ...options, logger }) ?? assert.fail();
  const error = new Error("no place for it");
  log.follow(() => {
    throw error;
  });
  const told = await toldBy(log);
  for (const id of ["a", "b"]) await log.append(messageOf(id), id);
  assert.deepEqual(told.ids, ["a", "b"]);
  const message = "a message could not be handed on";
  assert.deepEqual(
    errors,
    [1n, 2n].map((sequence) => ({ message, room: "q", sequence, error })),
  );
});

test("nothing is kept of a room that was closed", real, async (t) => {
  const { rooms } = await natsRooms(t, 1);
  const { storage, log } = rooms[0] ?? assert.fail();
  log.close();
  for (let count = 0; count < 10; count += 1) {
    const closing = storage.openLog(`room ${count}`, logOptions());
    await toldBy(closing);
    await closing.append(messageOf("a"), "a");
    closing.close();
  }
  const kept = () => [NatsRoomLog, AppendQueue, RoomFollower].map((type) => queryObjects(type, { format: "count" }));
  // The first and the last may still be held by this function.
  while (kept().some((count) => count > 2)) await setImmediate();
});

/** A log on a NATS of its own, with messages `a`, `b` and `c`, and the link that it uses. */
async function startLog(t: TestContext) {
  const link = await linkedNats(t);
  const options = logOptions();
  const log = new NatsRoomLog({
    link,
    lock: new CreationLock({ link, clock: options.clock, bucket: "im_locks", replicas: 1 }),
    prefix: "im",
    replicas: 1,
    appendTimeoutMs: 10_000,
    budget: new AppendBudget({ maxMessages: 10, maxBytes: 10_000 }),
    roomId: "r",
    options,
    onClosed() {},
  });
  t.after(() => log.close());
  const told = await toldBy(log);
  for (const id of ["a", "b", "c"]) await log.append(messageOf(id), id);
  await told.until("c");
  return { link, log, stream: roomNames("im", "r").stream };
}

test("a head that is behind what was told already is asked for again", real, async (t) => {
  const { link, log, stream } = await startLog(t);
  const { streams } = link.manager;
  const info = await streams.info(stream);
  const behind = { ...info, state: { ...info.state, last_seq: 0 } };
  t.mock.method(streams, "info", async () => behind, { times: 1 });
  assert.equal((await log.head()).sequence, 3n);
});

test("a page from a copy that is behind is asked for again, and not for what was deleted", real, async (t) => {
  const { link, log, stream } = await startLog(t);
  Object.assign(link, { isClustered: true });
  const { consumers, streams } = link.manager;
  const add = consumers.add.bind(consumers);
  // As JetStream does where a copy is to begin behind its own end.
  const early = (...[name, config]: Parameters<typeof add>) => add(name, { ...config, opt_start_seq: 2 });
  t.mock.method(consumers, "add", early, { times: 1 });
  const idsAfter = async (after: bigint) =>
    (await log.read({ after, limit: 10 })).map(({ message }) => message.messageId);
  assert.deepEqual(await idsAfter(2n), ["c"]);
  await streams.deleteMessage(stream, 3);
  assert.deepEqual([await idsAfter(0n), await idsAfter(2n)], [["a", "b"], []]);
});
