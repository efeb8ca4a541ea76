import assert from "node:assert/strict";
import { test } from "node:test";
import { memberOf } from "../test-kit/presence-on.ts";
import { OwnMember } from "./own-member.ts";
import type { StandingEntry } from "./presence-state.ts";

const ann = memberOf("ann");

function standing(kind: StandingEntry["standing"], revision: number): StandingEntry {
  const entry = { key: "k", session: "x", roomId: "r", member: ann, maxUsers: 2, sinceMs: 77, revision };
  return { entry, standing: kind, untilMs: 0 };
}

test("who was let in is written again at the same place, without asking whether there is room", async () => {
  const own = new OwnMember("r", ann, 2);
  assert.deepEqual(own.value, { roomId: "r", member: ann, maxUsers: 2 });
  own.revision = 5;
  assert.equal(own.see(standing("in", 5)), true);
  assert.equal(await own.decided, true);
  assert.deepEqual(own.value, { roomId: "r", member: ann, maxUsers: 0, sinceMs: 77 });
  assert.equal(own.see(standing("waiting", 6)), true);
});

test("only the entry that was written decides, not an older one of the same user", async () => {
  const own = new OwnMember("r", ann, 2);
  assert.equal(own.see(standing("waiting", 4)), true, "it is not known yet which one was written");
  own.revision = 5;
  assert.equal(own.see(standing("waiting", 4)), true);
  assert.equal(own.see(undefined), true);
  assert.equal(own.see(standing("waiting", 5)), false);
  assert.equal(await own.decided, false);
});
