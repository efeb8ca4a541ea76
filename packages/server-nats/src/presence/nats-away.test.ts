import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { jetstreamManager } from "@nats-io/jetstream";
import { deleteStream } from "../test-kit/delete-stream.ts";
import { presenceOn } from "../test-kit/presence-on.ts";
import { reconnected } from "../test-kit/reconnected.ts";

const real = await skipWithout("nats-server");

for (const keepData of [true, false]) {
  const how = keepData ? "with its data" : "without its data";
  test(`when NATS comes back ${how} all users are in as before, and nobody is told to have moved`, real, async () => {
    await using nats = await startNats();
    const options = { leaseMs: 3_000 };
    await using one = await presenceOn(nats, options);
    await using other = await presenceOn(nats, options);
    await one.join("r", "ann", 3);
    await other.join("r", "bob", 3);
    await one.join("r", "bob", 3);
    const changes = [one, other].map(({ told }) => told.length);
    assert.equal(changes[0], 2);
    await other.until(() => other.told.length === 2);
    await nats.kill();
    await nats.start({ keepData });
    // A third place, and no fourth: the users of both servers count.
    assert.equal(await other.join("r", "cid", 3), true);
    assert.equal(await one.join("r", "dan", 3), false);
    for (const server of [one, other]) {
      assert.equal(server.users("r"), "ann bob cid");
      assert.deepEqual(server.told, ["joined ann", "joined bob", "joined cid"]);
    }
    await using late = await presenceOn(nats, options);
    await late.until(() => late.users("r") === "ann bob cid");
    await one.presence.leave("r", "bob");
    await one.presence.leave("r", "ann");
    await late.until(() => late.users("r") === "bob cid");
  });
}

test("while NATS is away a join waits, then is refused as unavailable, and a leave is made good", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { joinTimeoutMs: 100, leaseMs: 900 });
  await using other = await presenceOn(nats, { joinTimeoutMs: 10_000, leaseMs: 900 });
  await one.join("r", "ann");
  await other.until(() => other.users("r") === "ann");
  const availability: boolean[] = [];
  const isAway = Promise.withResolvers<void>();
  const isBack = Promise.withResolvers<void>();
  one.presence.watchAvailability((isAvailable) => {
    availability.push(isAvailable);
    (isAvailable ? isBack : isAway).resolve();
  });
  await nats.kill();
  await assert.rejects(one.join("r", "bob"), (error) => {
    assert.ok(error instanceof ConnectError && error.code === Code.Unavailable);
    assert.match(error.rawMessage, /room "r" cannot be joined at the moment: NATS has not answered within 100 ms/);
    return true;
  });
  const waiting = other.join("r", "cid");
  await one.presence.leave("r", "ann");
  await isAway.promise;
  await nats.start({ keepData: true });
  assert.equal(await waiting, true);
  await other.until(() => other.users("r") === "cid");
  await isBack.promise;
  assert.deepEqual(availability, [false, true]);
  // Behind all that was to be made good.
  await one.join("end", "eve");
  await other.until(() => other.users("end") === "eve");
  assert.deepEqual([...other.told].sort(), ["joined ann", "joined cid", "joined eve", "left ann"]);
});

test("what NATS did not take is written again when it does", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs: 900, joinTimeoutMs: 60_000 });
  await using other = await presenceOn(nats, { leaseMs: 900, joinTimeoutMs: 100 });
  const { streams } = await jetstreamManager(other.connection);
  // A lease is empty.
  await streams.update("KV_im_presence", { max_msg_size: 10 });
  const joined = one.join("r", "ann");
  await assert.rejects(other.join("q", "bob"), /cannot be joined/);
  assert.equal(other.users("r"), "");
  await streams.update("KV_im_presence", { max_msg_size: -1 });
  assert.equal(await joined, true);
  await other.until(() => other.users("r") === "ann");
});

test("however often the connection breaks, a server has one consumer in NATS", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs: 900 });
  await one.join("r", "ann");
  await using other = await presenceOn(nats, { leaseMs: 900 });
  for (let round = 1; round <= 5; round += 1) {
    const isBack = reconnected(one.connection);
    await one.connection.reconnect();
    await isBack;
    assert.equal(await one.join(`round ${round}`, "ann"), true);
  }
  await other.until(() => other.users("round 5") === "ann");
  const { consumers } = await jetstreamManager(other.connection);
  const count = async () => (await consumers.list("KV_im_presence").next()).length;
  // While one is replaced by the next there are both.
  while ((await count()) !== 2) await new Promise(setImmediate);
});

test(
  "a frozen NATS makes nobody leave, and a bucket that was deleted is made anew with everyone in it",
  real,
  async () => {
    await using nats = await startNats();
    await using one = await presenceOn(nats, { leaseMs: 1_500 });
    await using other = await presenceOn(nats, { leaseMs: 1_500 });
    await one.join("r", "ann");
    await other.until(() => other.users("r") === "ann");
    const isAway = Promise.withResolvers<void>();
    other.presence.watchAvailability((isAvailable) => !isAvailable && isAway.resolve());
    nats.pause();
    await isAway.promise;
    nats.resume();
    assert.equal(await other.join("r", "bob"), true);
    await deleteStream(one.connection, "KV_im_presence");
    assert.equal(await one.join("r", "cid"), true);
    await using late = await presenceOn(nats, { leaseMs: 1_500 });
    for (const server of [one, other, late]) await server.until(() => server.users("r") === "ann bob cid");
    for (const server of [one, other]) assert.deepEqual(server.told, ["joined ann", "joined bob", "joined cid"]);
  },
);
