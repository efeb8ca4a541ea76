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
    ["one for many", (id) => (id.length << 20) | 1],
  ];
  for (const [name, hash] of hashes) {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 200 }), fc.nat(200), (keys, clearAt) => {
        const set = new MessageKeySet();
        const model = new Set<string>();
        for (const [index, [messageId, roomId, userId]] of keys.entries()) {
          if (index === clearAt) {
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
      }),
    );
  }
});

test("a hash is never 0, which stands for nothing, and differs with the order of the characters", () => {
  fc.assert(fc.property(fc.string(), (id) => hashOf(id) !== 0));
  assert.notEqual(hashOf("ab"), hashOf("ba"));
});
