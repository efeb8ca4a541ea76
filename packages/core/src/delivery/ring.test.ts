import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Ring } from "./ring.ts";

test("items come out in the order in which they went in, however the two mix", () => {
  /** So many items are pushed, then so many taken. */
  const rounds = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 30 });
  fc.assert(
    fc.property(rounds, (steps) => {
      const ring = new Ring<{ id: number }>();
      const model: { id: number }[] = [];
      let id = 0;
      for (const [pushes, shifts] of steps) {
        for (let count = 0; count < pushes; count++) {
          const item = { id: id++ };
          ring.push(item);
          model.push(item);
        }
        for (let count = 0; count < shifts; count++) assert.equal(ring.shift(), model.shift());
        assert.equal(ring.length, model.length);
      }
    }),
  );
});
