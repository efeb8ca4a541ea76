import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "@im-sdk/test-servers";
import { natsStorage } from "./nats-storage.ts";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { idsOf, logOptions, messageOf, toldBy } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

test(
  "of what two servers are given under one id one copy is kept, and both answer with its place and time",
  real,
  async (t) => {
    const { logs } = await natsRooms(t, 2);
    const told = await Promise.all(logs.map(toldBy));
    const ids = Array.from({ length: 200 }, (_, index) => `m${index}`);
    const [first = [], second = []] = await Promise.all(
      logs.map((log) => Promise.all(ids.map((id) => log.append(messageOf(id), id)))),
    );
    for (const [index, answer] of first.entries()) {
      const other = second[index];
      assert.notEqual(answer.duplicate, other?.duplicate);
      assert.deepEqual({ ...answer, duplicate: true }, { ...other, duplicate: true });
    }
    assert.equal((await logs[0]?.append(messageOf("x", "bob"), "m0"))?.duplicate, false, "of another user");
    const stored = await Promise.all(logs.map(idsOf));
    assert.deepEqual(new Set(stored[0]), new Set([...ids, "x"]));
    for (const each of told) {
      await each.until("x");
      assert.deepEqual(each.ids, stored[0]);
    }
  },
);

test(
  "two servers that write at once agree on the order, in which the messages of each keep theirs",
  real,
  async (t) => {
    const { logs } = await natsRooms(t, 2);
    const told = await Promise.all(logs.map(toldBy));
    const count = 3_000;
    await Promise.all(
      logs.flatMap((log, server) =>
        Array.from({ length: count }, (_, index) => log.append(messageOf(`${server} ${index}`), `${server} ${index}`)),
      ),
    );
    const [stored = [], again] = await Promise.all(logs.map(idsOf));
    assert.deepEqual(again, stored);
    for (const server of [0, 1]) {
      const own = stored.filter((id) => id.startsWith(`${server} `));
      assert.deepEqual(
        own,
        Array.from({ length: count }, (_, index) => `${server} ${index}`),
      );
    }
    for (const each of told) {
      await each.until(stored.at(-1) ?? "");
      assert.deepEqual(each.ids, stored);
      for (const [index, { sequence, previousSequence }] of each.told.entries()) {
        assert.deepEqual([sequence, previousSequence], [BigInt(index + 1), BigInt(index)]);
      }
    }
  },
);

test(
  "a log that nobody has opened here is there once another server has, and not under another prefix",
  real,
  async (t) => {
    const { nats, rooms } = await natsRooms(t, 2);
    const [here, there] = rooms;
    const elsewhere = await natsStorage({ servers: nats.address, prefix: "other" });
    t.after(() => elsewhere.close());
    assert.equal(await there?.storage.hasLog?.("new"), false);
    await here?.storage.openLog("new", logOptions()).append(messageOf("a"), "a");
    assert.equal(await there?.storage.hasLog?.("new"), true);
    assert.equal(await elsewhere.hasLog?.("new"), false);
  },
);
