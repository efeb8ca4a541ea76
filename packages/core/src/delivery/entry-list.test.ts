import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { outgoing } from "../test-kit/frames.ts";
import { EntryList } from "./entry-list.ts";
import { createEntry, type OutboxEntry } from "./outbox-entry.ts";
import { hashOf } from "./string-hash.ts";

const entryOf = (id: string) => createEntry(outgoing(id), 0);
const ids = (entries: readonly OutboxEntry[]) => entries.map(({ message }) => message.messageId);

const id = fc.oneof(fc.integer({ min: 0, max: 40 }).map(String), fc.string({ maxLength: 2 }));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("add" as const), id }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), id }) },
);

test("it holds what a Map would hold, in the same order, whatever comes and goes", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.string({ maxLength: 1 }), (steps, wanted) => {
      const list = new EntryList();
      const map = new Map<string, OutboxEntry>();
      for (const { kind, id: each } of steps) {
        const known = map.get(each);
        if (kind === "add" && known === undefined) {
          const entry = entryOf(each);
          list.add(entry);
          map.set(each, entry);
        } else if (kind === "delete" && known !== undefined) {
          list.delete(known);
          map.delete(each);
        }
        assert.deepEqual([list.size, list.find(each, hashOf(each))], [map.size, map.get(each)]);
      }
      assert.deepEqual(ids(list.toArray()), [...map.keys()]);
      for (const [each, entry] of map) assert.equal(list.find(each, hashOf(each)), entry);
      const isWanted = ({ message }: OutboxEntry) => message.messageId.startsWith(wanted);
      assert.equal(list.first(isWanted), [...map.values()].find(isWanted));
    }),
    { numRuns: 500 },
  );
});

test("one that stays while a hundred thousand pass keeps its place, and little is kept of the others", () => {
  const list = new EntryList();
  const stays = entryOf("stays");
  list.add(stays);
  for (let index = 0; index < 100_000; index++) {
    list.add(entryOf(`${index}`));
    const gone = list.find(`${index - 5}`, hashOf(`${index - 5}`));
    if (gone !== undefined) list.delete(gone);
  }
  assert.deepEqual(ids(list.toArray()), ["stays", "99995", "99996", "99997", "99998", "99999"]);
  assert.equal(list.find("99994", hashOf("99994")), undefined);
  list.delete(stays);
  assert.deepEqual(ids(list.toArray()), ["99995", "99996", "99997", "99998", "99999"]);
});
