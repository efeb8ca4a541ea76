import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { deliveryOf, exactTimeMs } from "./stored-message.ts";
import { natsRooms } from "./test-kit/nats-rooms.ts";
import { idsOf, messageOf, toldBy } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

test("what somebody else stored and cannot be read is an empty message, and the room goes on", real, async (t) => {
  const { nats, logs } = await natsRooms(t, 1);
  const [log = assert.fail()] = logs;
  const told = await toldBy(log);
  const { epoch } = await log.append(messageOf("a"), "a");
  const connection = await connect({ servers: nats.address });
  const written = connection.subscribe(`im.room.*.${epoch}`, { max: 1 });
  await connection.flush();
  await log.append(messageOf("b"), "b");
  for await (const { subject } of written) connection.publish(subject, Uint8Array.of(255));
  await connection.close();
  await told.until("");
  await log.append(messageOf("c"), "c");
  assert.deepEqual(told.ids, ["a", "b", "", "c"]);
  assert.deepEqual(await idsOf(log), ["a", "b", "", "c"]);
});

test("position, number and time of a delivery are read from either form of its subject to reply to", () => {
  const short = "$JS.ACK.stream.consumer.1.17.3.1764316800123456789.0";
  const long = "$JS.ACK.domain.account.stream.consumer.1.17.3.1764316800123456789.0.token";
  for (const reply of [short, long]) {
    assert.deepEqual(deliveryOf(reply), { sequence: 17n, delivery: 3, timestampMs: 1_764_316_800_123 });
    assert.equal(exactTimeMs(reply), 1_764_316_800_123.456);
  }
});
