import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecentIds } from "./recent-ids.ts";

test("at least the last `capacity` ids are known, and none beyond twice as many", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.nat(60), { maxLength: 200, size: "max" }),
      (capacity, numbers) => {
        const recent = new RecentIds(capacity);
        /** Distinct ids in the order in which they were taken for new. */
        const taken: string[] = [];
        for (const number of numbers) {
          const id = String(number);
          const isNew = recent.add(id, "r", "ann");
          const age = taken.toReversed().indexOf(id);
          if (age !== -1 && age < capacity) assert.equal(isNew, false, `${id} was forgotten too early`);
          if (age === -1 || age >= 2 * capacity) assert.equal(isNew, true, `${id} was remembered for too long`);
          if (isNew) taken.push(id);
        }
      },
    ),
  );
});

test("an id is its sender's own, in each room", () => {
  const recent = new RecentIds(3);
  const add = (room: string, user: string) => recent.add("m", room, user);
  assert.deepEqual([add("r", "ann"), add("r", "bob"), add("s", "ann")], [true, true, true]);
  assert.deepEqual([add("r", "ann"), add("r", "bob"), add("s", "ann")], [false, false, false]);
});
