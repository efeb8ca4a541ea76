import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MessageKeySet } from "./message-key-set.ts";
import { hashOf } from "./string-hash.ts";

const word = fc.oneof(fc.integer({ min: 0, max: 30 }).map(String), fc.string({ maxLength: 2 }));
const key = fc.tuple(word, fc.constantFrom("r", "s", ""), fc.constantFrom("ann", "bob"));

test("it holds what a Set would hold, also of ids that collide", () => {
  const hashes: [string, (id: string) => number][] = [
    ["its own hash", hashOf],
    ["one for all", () => 7],
    ["one for all, at the end of the table", () => -1],
    ["one for many", (id) => (id.length << 20) | 1],
  ];
  for (const [name, hash] of hashes) {
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 200, size: "max" }),
        fc.integer({ min: 1, max: 200 }),
        (keys, clearEvery) => {
          const set = new MessageKeySet();
          const model = new Set<string>();
          for (const [index, [messageId, roomId, userId]] of keys.entries()) {
            if (index % clearEvery === 0) {
              set.clear();
              model.clear();
            }
            const joined = JSON.stringify([messageId, roomId, userId]);
            const isKnown = set.has(hash(messageId), messageId, roomId, userId);
            assert.equal(isKnown, model.has(joined), name);
            if (!isKnown) set.add(hash(messageId), messageId, roomId, userId);
            model.add(joined);
            assert.equal(set.size, model.size);
          }
        },
      ),
    );
  }
});
