import assert from "node:assert/strict";
import { test } from "node:test";
import { memberOf } from "../test-kit/presence-on.ts";
import { OwnMembers } from "./own-members.ts";
import type { PresenceBucket } from "./presence-bucket.ts";
import { entryKey } from "./presence-keys.ts";
import { PresenceState } from "./presence-state.ts";

const ann = memberOf("ann");
const key = entryKey("s1", "r", "ann");

/** Own members on a bucket whose answers come when the test gives them. */
function start() {
  const state = new PresenceState({ leaseMs: 1_000, isOwn: () => true, tell: () => {} });
  const asked: { readonly what: string; answer(revision: number): void; fail(): void }[] = [];
  const seen: { readonly revision: number; done(): void }[] = [];
  let session = "s1";
  const ask = (what: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    asked.push({ what, answer: resolve, fail: () => reject(new Error("NATS is away")) });
    return promise;
  };
  const bucket = { put: (key: string) => ask(`put ${key}`), delete: (key: string) => ask(`delete ${key}`) };
  const own = new OwnMembers({
    state,
    session: () => session,
    bucket: () => bucket as Pick<PresenceBucket, "put" | "delete"> as PresenceBucket,
    seen: (revision) => new Promise((done) => seen.push({ revision, done })),
  });
  return {
    own,
    state,
    asked,
    seen,
    begin(next: string) {
      session = next;
    },
    /** The bucket tells of the entry. */
    tell(revision: number) {
      state.apply({ type: "renewed", key: "lease.s1", session: "s1", revision: 0 }, 0);
      const entry = { key, session: "s1", roomId: "r", member: ann, maxUsers: 0, sinceMs: 1, revision };
      state.apply({ type: "entered", key, session: "s1", revision, entry }, 0);
      own.see(key, "r", "ann");
    },
  };
}

const settled = () => new Promise(setImmediate);

test("a leave is done when this server has seen it", async () => {
  const { own, asked, seen, tell } = start();
  const ownAnn = own.add("r", ann, 0);
  await settled();
  asked[0]?.answer(7);
  await settled();
  tell(7);
  assert.equal(await ownAnn.decided, true);
  let isDone = false;
  const leaving = own.drop(ownAnn).then(() => {
    isDone = true;
  });
  await settled();
  asked[1]?.answer(8);
  await settled();
  assert.deepEqual([asked.map(({ what }) => what), isDone], [[`put ${key}`, `delete ${key}`], false]);
  assert.equal(seen[0]?.revision, 8);
  seen[0]?.done();
  await leaving;
});

test("what was written for a session that has ended since stands for nobody", async () => {
  const { own, asked, begin } = start();
  const ownAnn = own.add("r", ann, 0);
  await settled();
  begin("s2");
  asked[0]?.answer(7);
  await settled();
  assert.equal(ownAnn.revision, undefined);
  own.restore();
  await settled();
  assert.equal(asked[1]?.what, `put ${entryKey("s2", "r", "ann")}`);
});

test("whoever is dropped twice does not take the next stay of the same user along", async () => {
  const { own, asked } = start();
  const first = own.add("r", ann, 0);
  await settled();
  void own.drop(first);
  const next = own.add("r", ann, 0);
  void own.drop(first);
  asked[0]?.answer(7);
  await settled();
  assert.equal(own.find("r", "ann"), next);
  assert.deepEqual(
    asked.map(({ what }) => what),
    [`put ${key}`, `put ${key}`],
  );
});

test("what could not be written is behind until it is written again", async () => {
  const { own, asked } = start();
  own.add("r", ann, 0);
  await settled();
  asked[0]?.fail();
  await settled();
  assert.equal(own.isBehind, true);
  own.restore();
  await settled();
  assert.deepEqual([own.isBehind, asked.length, asked[1]?.what], [false, 2, `put ${key}`]);
});
