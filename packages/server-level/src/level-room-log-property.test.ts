import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryRoomLog, type RoomLog, type ServerStorage } from "@im-sdk/server";
import { ManualClock } from "@im-sdk/testing";
import fc from "fast-check";
import { levelStorage } from "./level-storage.ts";
import { logOptions, messageOf } from "./test-kit/room.ts";
import { temporaryFolder } from "./test-kit/temporary-folder.ts";

const retention = { maxMessages: 6, maxBytes: 1_500, ttlMs: 50, duplicateWindowMs: 30, maxDuplicateIds: 4 };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ user: fc.constantFrom("a", "b"), key: fc.nat(9), size: fc.nat(400) }) },
  { weight: 2, arbitrary: fc.record({ advanceMs: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant("prune" as const) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
  { weight: 1, arbitrary: fc.constant("close" as const) },
);

/** All that can be seen of a log but the name of its epoch. */
async function viewOf(log: RoomLog) {
  const { epoch: _, ...head } = await log.head();
  const entries = await log.read({ after: 0n, limit: 100 });
  return { head, entries: entries.map(({ message: { epoch: _epoch, ...message }, bytes }) => ({ message, bytes })) };
}

test("whatever is appended, pruned, closed and started anew, it is as the log in memory that was never closed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      await using folder = await temporaryFolder();
      const clock = new ManualClock(Date.UTC(2026, 0, 1));
      const options = logOptions(retention, clock);
      const memory = new MemoryRoomLog(options);
      let storage: ServerStorage = await levelStorage({ path: folder.path });
      let log = storage.openLog("r", options);
      await log.head();
      for (const each of steps) {
        if (each === "prune") {
          memory.prune();
          log.prune();
        } else if (each === "close") {
          log.close();
          log = storage.openLog("r", options);
        } else if (each === "restart") {
          await storage.close();
          storage = await levelStorage({ path: folder.path });
          log = storage.openLog("r", options);
        } else if ("advanceMs" in each) {
          await clock.advance(each.advanceMs);
        } else {
          const { user, key, size } = each;
          const message = () => messageOf("x".repeat(size), user);
          const { epoch: _, ...expected } = memory.append(message(), String(key));
          const { epoch, ...appended } = await log.append(message(), String(key));
          assert.deepEqual(appended, expected);
          assert.equal(epoch, (await log.head()).epoch);
        }
        assert.deepEqual(await viewOf(log), await viewOf(memory));
      }
      await storage.close();
    }),
    { numRuns: 30 },
  );
});
