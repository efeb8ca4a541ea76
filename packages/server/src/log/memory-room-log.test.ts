import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import fc from "fast-check";
import { resolveRetention } from "../options/retention.ts";
import { FakeClock } from "../test-kit/fake-clock.ts";
import { MemoryRoomLog } from "./memory-room-log.ts";

const message = (size = 0) => create(MessageResponseSchema, { content: new Uint8Array(size) });

test("sequences go up by one, each with the one before it", () => {
  const log = new MemoryRoomLog({ retention: resolveRetention(), clock: new FakeClock() });
  for (let i = 0; i < 3; i += 1) log.append(message(), undefined);
  const positions = log.read({ after: 0n, limit: 10 }).map(({ message: m }) => [m.sequence, m.previousSequence]);
  assert.deepEqual(positions, [
    [1n, 0n],
    [2n, 1n],
    [3n, 2n],
  ]);
  assert.equal(log.head().sequence, 3n);
});

test("a duplicate gets the first position and is told to nobody", () => {
  const log = new MemoryRoomLog({ retention: resolveRetention(), clock: new FakeClock() });
  const told: bigint[] = [];
  log.follow((entry) => told.push(entry.message.sequence));
  const first = log.append(message(), "key");
  const second = log.append(message(), "key");
  assert.deepEqual(second, { ...first, duplicate: true });
  assert.deepEqual(told, [1n]);
});

test("a duplicate is known for the window even when its message has left", () => {
  const clock = new FakeClock();
  const log = new MemoryRoomLog({ retention: resolveRetention({ maxMessages: 1, duplicateWindowMs: 1000 }), clock });
  log.append(message(), "key");
  log.append(message(), undefined);
  clock.advance(999);
  assert.equal(log.append(message(), "key").duplicate, true);
  clock.advance(1);
  assert.equal(log.append(message(), "key").duplicate, false);
});

test("a duplicate is known for as long as its message is kept", () => {
  const clock = new FakeClock();
  const log = new MemoryRoomLog({ retention: resolveRetention({ duplicateWindowMs: 1 }), clock });
  log.append(message(), "key");
  clock.advance(1000);
  assert.equal(log.append(message(), "key").duplicate, true);
});

test("the same key of another user is another message", () => {
  const log = new MemoryRoomLog({ retention: resolveRetention(), clock: new FakeClock() });
  const from = (fromUserId: string) => create(MessageResponseSchema, { fromUserId });
  assert.equal(log.append(from("alice"), "key").duplicate, false);
  assert.equal(log.append(from("bob"), "key").duplicate, false);
  assert.equal(log.append(from("alice"), "key").sequence, 1n);
});

test("by default a client of ours can send again whatever it may still have to send", () => {
  const clock = new FakeClock();
  const log = new MemoryRoomLog({ retention: resolveRetention({ maxMessages: 1 }), clock });
  const outbox = { maxAgeMs: 10 * 60 * 1000, maxMessages: 10_000 };
  for (let i = 0; i < outbox.maxMessages; i += 1) log.append(message(), `m${i}`);
  clock.advance(outbox.maxAgeMs + 60_000);
  log.prune();
  for (let i = 0; i < outbox.maxMessages; i += 1) assert.equal(log.append(message(), `m${i}`).sequence, BigInt(i + 1));
});

test("messages leave when their time is over, and the floor follows", () => {
  const clock = new FakeClock();
  const log = new MemoryRoomLog({ retention: resolveRetention({ ttlMs: 1000 }), clock });
  log.append(message(), undefined);
  clock.advance(500);
  log.append(message(), undefined);
  clock.advance(500);
  assert.equal(log.head().floor, 1n);
  assert.equal(log.read({ after: 0n, limit: 10 }).length, 1);
});

test("whatever is appended, the log keeps a contiguous newest part within its bounds", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 });
  const bounds = fc.record({
    maxMessages: fc.integer({ min: 1, max: 10 }),
    maxBytes: fc.integer({ min: 1, max: 2000 }),
  });
  fc.assert(
    fc.property(sizes, bounds, fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: 70 }), (all, bound, a, b) => {
      const log = new MemoryRoomLog({ retention: resolveRetention(bound), clock: new FakeClock() });
      for (const size of all) log.append(message(size), undefined);
      const kept = log.read({ after: 0n, limit: 1000 });
      const { sequence, floor } = log.head();
      assert.equal(sequence, BigInt(all.length));
      assert.equal(kept.length, Number(sequence - floor));
      assert.ok(kept.length <= bound.maxMessages);
      const bytes = kept.reduce((sum, entry) => sum + entry.bytes, 0);
      assert.ok(bytes <= bound.maxBytes || kept.length === 1);
      const expected = kept.filter(({ message: m }) => m.sequence > BigInt(a) && m.sequence < BigInt(b));
      assert.deepEqual(log.read({ after: BigInt(a), before: BigInt(b), limit: 1000 }), expected);
      assert.deepEqual(log.read({ after: BigInt(a), before: BigInt(b), limit: 2 }), expected.slice(0, 2));
    }),
  );
});
