import assert from "node:assert/strict";
import { test } from "node:test";
import { ImClient, type ImMessage, type SendReceipt } from "@im-sdk/core";
import { Program } from "../processes/program.ts";
import type { BatchedServerPorts, Tally } from "./batched-server.ts";

test("the extended port acknowledges every message and gives it back with its position, without gaps", async () => {
  await using server = Program.start("servers/batched-server.ts");
  const { extended } = await server.next<BatchedServerPorts>();
  const received: ImMessage[] = [];
  const gaps: unknown[] = [];
  await using client = new ImClient({
    userId: "ann",
    // So long that the answer to the join, or an ACK, needs two bytes for a length.
    defaultRoomId: "lobby".repeat(20),
    services: [`127.0.0.1:${extended}`],
    onMessage: (message) => received.push(message),
  });
  client.on("gap", (gap) => gaps.push(gap));
  await client.connect();
  const ids = Array.from({ length: 300 }, (_, n) => `${n}`.padStart(n === 7 ? 200 : 1));
  const sends = ids.map((messageId) => client.sendTextMessage("lobby", "hello", { messageId }));
  const receipts: SendReceipt[] = await Promise.all(sends);
  await client.drain();
  const positions = ids.map((_, index) => BigInt(index + 1));
  assert.deepEqual(
    receipts.map((receipt) => receipt.delivery === "acknowledged" && [receipt.messageId, receipt.sequence]),
    ids.map((id, index) => [id, positions[index]]),
  );
  assert.deepEqual(
    received.map(({ id, sequence, epoch }) => [id, sequence, epoch]),
    ids.map((id, index) => [id, positions[index], "bench"]),
  );
  assert.deepEqual(gaps, []);
});

test("the plain port grants nothing, and heartbeats are tallied on the extended one", async () => {
  await using server = Program.start("servers/batched-server.ts");
  const { plain, extended } = await server.next<BatchedServerPorts>();
  const options = { userId: "ann", heartbeatIntervalMs: 1 };
  await using onPlain = new ImClient({ ...options, services: [`127.0.0.1:${plain}`] });
  await onPlain.connect();
  assert.equal((await onPlain.sendTextMessage("lobby", "hello")).delivery, "written");
  await using onExtended = new ImClient({ ...options, services: [`127.0.0.1:${extended}`] });
  await onExtended.connect();
  let seen = 0;
  while (seen === 0) ({ heartbeats: seen } = await server.ask<Tally>("tally"));
});
