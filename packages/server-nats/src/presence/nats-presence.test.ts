import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunningServer, skipWithout, startNats } from "@im-sdk/test-servers";
import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { NatsLink } from "../nats-link.ts";
import { memberOf, presenceOn } from "../test-kit/presence-on.ts";
import { createNatsPresence } from "./nats-presence.ts";
import type { NatsPresenceOptions } from "./nats-presence-options.ts";
import { encodeEntry } from "./presence-event.ts";
import { entryKey } from "./presence-keys.ts";

const real = await skipWithout("nats-server");

/** Users in rooms by a process of its own; resolves with what kills it. */
async function startProcess(t: TestContext, nats: RunningServer, leaseMs: number, pairs: [string, string][]) {
  const program = fileURLToPath(new URL("../test-kit/presence-process.ts", import.meta.url));
  const args = [program, nats.address, String(leaseMs), JSON.stringify(pairs)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

/** How many entries the bucket has. */
async function entriesIn(connection: NatsConnection): Promise<number> {
  const { streams } = await jetstreamManager(connection);
  const { state } = await streams.info("KV_im_presence", { subjects_filter: "$KV.im_presence.member.>" });
  return Object.keys(state.subjects ?? {}).length;
}

test("a user who comes by one server is listed and told by every server, once, and so is the leave", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats);
  await using other = await presenceOn(nats);
  assert.equal(await one.join("r", "ann"), true);
  assert.equal(await one.join("r", "ann"), true);
  await other.until(() => other.users("r") === "ann");
  assert.equal(await other.join("r", "ann"), true);
  assert.equal(await other.join("r", "bob"), true);
  assert.equal(await one.join("r", "cid"), true);
  assert.deepEqual(await one.presence.list("r"), ["ann", "bob", "cid"].map(memberOf));
  await other.until(() => other.users("r") === "ann bob cid");

  await one.presence.leave("r", "ann");
  await one.presence.leave("r", "ann");
  await one.presence.leave("r", "ann");
  await one.presence.leave("r", "cid");
  await other.until(() => other.users("r") === "ann bob");
  await other.presence.leave("r", "ann");
  await one.until(() => one.users("r") === "bob");
  for (const { told } of [one, other]) {
    assert.deepEqual(told, ["joined ann", "joined bob", "joined cid", "left cid", "left ann"]);
  }
});

test("ids and nicknames are any text", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats);
  await using other = await presenceOn(nats);
  const ids = ["", "张三", "a.b", "*", ">", " \r\n\t", "A", "a", "\u0000", "x".repeat(20_000), "\ud800"];
  for (const roomId of ids) for (const userId of ids) await one.join(roomId, userId);
  await other.until(() => other.told.length === ids.length ** 2);
  for (const roomId of ids) {
    assert.deepEqual(await other.presence.list(roomId), ids.map(memberOf));
    for (const userId of ids) await one.presence.leave(roomId, userId);
    assert.deepEqual(await one.presence.list(roomId), []);
  }
});

test("the last place of a room goes to one user, however many servers are asked in one moment", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats);
  await using two = await presenceOn(nats);
  await using three = await presenceOn(nats);
  const all = [one, two, three];
  await one.join("r", "first", 3);
  for (let round = 0; round < 20; round += 1) {
    const wanted = all.map((server, index) => ({ server, userId: `${round}-${index}` }));
    const joins = [...wanted, ...wanted].map(({ server, userId }) => server.join("r", userId, 3));
    const admitted = (await Promise.all(joins)).slice(0, 3);
    assert.equal(admitted.filter((isIn) => isIn).length, 2, `round ${round}`);
    for (const [index, { server, userId }] of wanted.entries()) {
      if (admitted[index] === true) for (let time = 0; time < 2; time += 1) await server.presence.leave("r", userId);
    }
    for (const server of all) await server.until(() => server.users("r") === "first");
  }
  for (const { told } of all) assert.deepEqual(told, one.told, "all have told the same, and nothing of the refused");
  assert.equal(one.told.length, 1 + 20 * 4);
});

test(
  "a server that is killed takes its users out of their rooms on every other, and tells each once",
  real,
  async (t) => {
    await using nats = await startNats();
    await using one = await presenceOn(nats, { leaseMs: 2_000 });
    await using other = await presenceOn(nats, { leaseMs: 2_000 });
    await one.join("r", "ann", 4);
    await one.join("r", "both", 4);
    const child = await startProcess(t, nats, 2_000, [
      ["r", "both"],
      ["r", "bob"],
      ["r", "cid"],
    ]);
    for (const server of [one, other]) await server.until(() => server.users("r") === "ann both bob cid");
    assert.equal(await other.join("r", "dan", 4), false);
    child.kill("SIGKILL");
    for (const server of [one, other]) {
      await server.until(() => server.users("r") === "ann both");
      assert.deepEqual(
        server.told.filter((line) => line.startsWith("left")),
        ["left bob", "left cid"],
      );
    }
    assert.equal(await other.join("r", "dan", 4), true);
  },
);

test("a server that was frozen for too long has left, and is back with its users when it goes on", real, async (t) => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs: 2_000 });
  const child = await startProcess(t, nats, 2_000, [["r", "bob"]]);
  await one.until(() => one.users("r") === "bob");
  child.kill("SIGSTOP");
  await one.until(() => one.users("r") === "");
  child.kill("SIGCONT");
  await one.until(() => one.users("r") === "bob");
  assert.deepEqual(one.told, ["joined bob", "left bob", "joined bob"]);
});

test("a server that closes takes its users with it at once, and leaves nothing in the bucket", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats);
  const other = await presenceOn(nats);
  for (const userId of ["a", "b", "c"]) await other.join("r", userId);
  await one.until(() => one.users("r") === "a b c");
  assert.equal(await entriesIn(one.connection), 3);
  await other[Symbol.asyncDispose]();
  await one.until(() => one.users("r") === "");
  assert.deepEqual(one.told.slice(3).sort(), ["left a", "left b", "left c"]);
  assert.equal(await entriesIn(one.connection), 0);
});

test(
  "users of servers that have all died are gone soon after another has started, and so is what they left",
  real,
  async (t) => {
    await using nats = await startNats();
    const child = await startProcess(t, nats, 900, [
      ["r", "ann"],
      ["r", "bob"],
    ]);
    child.kill("SIGKILL");
    await once(child, "exit");
    await using one = await presenceOn(nats, { leaseMs: 900 });
    await one.until(() => one.users("r") === "");
    while ((await entriesIn(one.connection)) > 0) await new Promise(setImmediate);
    await using other = await presenceOn(nats, { leaseMs: 900 });
    await other.join("r", "cid");
    const kv = await new Kvm(other.connection).open("im_presence");
    await kv.put(entryKey("nobody", "r", "dan"), encodeEntry({ roomId: "r", member: memberOf("dan"), maxUsers: 0 }));
    await using late = await presenceOn(nats, { leaseMs: 900 });
    assert.equal(late.users("r"), "cid");
    assert.equal(await entriesIn(one.connection), 1);
  },
);

test("a server that NATS has stopped telling reads all anew", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs: 900 });
  const { consumers } = await jetstreamManager(one.connection);
  for await (const { name } of consumers.list("KV_im_presence")) await consumers.delete("KV_im_presence", name);
  assert.equal(await one.join("r", "ann"), true);
});

test("a wrong option is refused with its name, its value and what is allowed", async () => {
  const wrong: [NatsPresenceOptions, RegExp][] = [
    [{ bucket: "" }, /bucket is "": want letters/],
    [{ leaseMs: 1 }, /leaseMs is 1: want a whole number from 300 to 600000/],
    [{ joinTimeoutMs: 0 }, /joinTimeoutMs is 0: want a whole number from 1/],
    [{ replicas: 2.5 }, /replicas is 2\.5/],
  ];
  for (const [options, message] of wrong) {
    await assert.rejects(createNatsPresence(undefined as unknown as NatsLink, options), message);
  }
});
