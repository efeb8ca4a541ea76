import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect, type Msg, type MsgCallback } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { deleteStream } from "../test-kit/delete-stream.ts";
import { memberOf, presenceOn } from "../test-kit/presence-on.ts";
import { createNatsPresence } from "./nats-presence.ts";
import { OldMarkers } from "./old-markers.ts";
import { encodeEntry } from "./presence-event.ts";
import { entryKey, leaseKey } from "./presence-keys.ts";

const real = await skipWithout("nats-server");

/** So long that nothing here comes of a renewal. */
const leaseMs = 600_000;

test("that NATS is away, or has lost the bucket, is noticed at once, however long the lease", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs });
  await one.join("r", "ann");
  await deleteStream(one.connection, "KV_im_presence");
  assert.equal(await one.join("r", "bob"), true);
  const isAway = Promise.withResolvers<void>();
  one.presence.watchAvailability((isAvailable) => !isAvailable && isAway.resolve());
  await nats.kill();
  await isAway.promise;
  await nats.start({ keepData: true });
  assert.equal(await one.join("r", "cid"), true);
  assert.equal(one.users("r"), "ann bob cid");
});

test(
  "a message of NATS that is lost on its way is read with all others as soon as the next one comes",
  real,
  async (t) => {
    await using nats = await startNats();
    const link = await NatsLink.open(await connect({ servers: nats.address }));
    t.after(() => link.close());
    const subscribe = link.connection.subscribe.bind(link.connection);
    let losing = "";
    t.mock.method(link.connection, "subscribe", (...[subject, options]: Parameters<typeof subscribe>) => {
      const callback: MsgCallback<Msg> = (error, message) => {
        if (losing !== "" && message.string().includes(losing)) losing = "";
        else options?.callback?.(error, message);
      };
      return subscribe(subject, { ...options, callback });
    });
    const presence = await createNatsPresence(link, { leaseMs });
    t.after(() => presence.close());
    const told = Promise.withResolvers<void>();
    presence.watch(({ member }) => member.userId === "bob" && told.resolve());
    await using other = await presenceOn(nats, { leaseMs });
    losing = "ann";
    for (const userId of ["ann", "bob"]) await other.join("r", userId);
    await told.promise;
    assert.deepEqual(presence.list("r"), ["ann", "bob"].map(memberOf));
  },
);

test("an entry of a server that was never heard of is no reason to miss its users", real, async () => {
  await using nats = await startNats();
  await using one = await presenceOn(nats, { leaseMs });
  await using other = await presenceOn(nats, { leaseMs });
  const value = encodeEntry({ roomId: "r", member: memberOf("dan"), maxUsers: 0 });
  // In one piece: nobody reads in between.
  other.connection.publish(`$KV.im_presence.${entryKey("x", "r", "dan")}`, value);
  other.connection.publish(`$KV.im_presence.${leaseKey("x")}`, "");
  for (const server of [one, other]) await server.until(() => server.users("r") === "dan");
});

test("a listener that throws is logged, and all others are told as ever", real, async () => {
  await using nats = await startNats();
  const errors: unknown[] = [];
  const nobody = () => {};
  const error = (_: string, fields?: object) => errors.push(fields);
  await using one = await presenceOn(nats, {
    leaseMs,
    logger: { error, warn: nobody, info: nobody, debug: nobody },
  });
  await using other = await presenceOn(nats, { leaseMs });
  const fault = new Error("no place for it");
  one.presence.watch(() => {
    throw fault;
  });
  for (const userId of ["ann", "bob"]) await other.join("r", userId);
  await one.until(() => one.users("r") === "ann bob");
  assert.equal(await one.join("r", "cid"), true);
  assert.deepEqual(errors, new Array(3).fill({ room: "r", error: fault }));
});

test("old markers are looked after with every renewal", real, async (t) => {
  const isErased = Promise.withResolvers<void>();
  t.mock.method(OldMarkers.prototype, "erase", async () => isErased.resolve());
  await using nats = await startNats();
  await using _one = await presenceOn(nats, { leaseMs: 300 });
  await isErased.promise;
});
