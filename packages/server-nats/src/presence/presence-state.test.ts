import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memberOf } from "../test-kit/presence-on.ts";
import type { PresenceEvent } from "./presence-event.ts";
import { entryKey, leaseKey } from "./presence-keys.ts";
import { PresenceState } from "./presence-state.ts";

const leaseMs = 1_000;

function startState(ownSession = "") {
  const told: string[] = [];
  const state = new PresenceState({
    leaseMs,
    isOwn: (session) => session === ownSession,
    tell: ({ type, roomId, member }) => told.push(`${type} ${roomId} ${member.userId}`),
  });
  return { state, told, users: (roomId: string) => state.list(roomId).map(({ userId }) => userId) };
}

/** Events of a bucket, with the next revision each. */
function startHistory() {
  let revision = 0;
  const lease = (type: "renewed" | "ended", session: string): PresenceEvent => {
    revision += 1;
    return { type, key: leaseKey(session), session, revision };
  };
  return {
    renewed: (session: string) => lease("renewed", session),
    ended: (session: string) => lease("ended", session),
    left(session: string, roomId: string, userId: string): PresenceEvent {
      revision += 1;
      return { type: "left", key: entryKey(session, roomId, userId), session, revision };
    },
    entered(session: string, roomId: string, userId: string, maxUsers = 0): PresenceEvent {
      revision += 1;
      const key = entryKey(session, roomId, userId);
      const entry = { key, session, roomId, member: memberOf(userId), maxUsers, sinceMs: revision, revision };
      return { type: "entered", key, session, revision, entry };
    },
  };
}

test("a session that has ended takes its users with it, and what it writes afterwards counts for nothing", () => {
  const { state, told, users } = startState();
  const { renewed, ended, entered } = startHistory();
  const events = [
    renewed("x"),
    renewed("y"),
    entered("x", "r", "ann"),
    entered("x", "r", "bob"),
    entered("y", "r", "bob"),
  ];
  for (const event of events) state.apply(event, 0);
  state.apply(ended("x"), 0);
  state.apply(entered("x", "r", "cid"), 0);
  assert.deepEqual([users("r"), told], [["bob"], ["joined r ann", "joined r bob", "left r ann"]]);
});

test("who finds the room full waits unseen, and is let in when the one who wrote it keeps to it", () => {
  const { state, told, users } = startState();
  const { renewed, entered, left } = startHistory();
  for (const event of [renewed("x"), entered("x", "r", "ann", 1), entered("x", "r", "bob", 1)]) state.apply(event, 0);
  assert.equal(state.find(entryKey("x", "r", "bob"))?.standing, "waiting");
  state.apply(left("x", "r", "bob"), 10);
  assert.deepEqual(told, ["joined r ann"]);
  state.apply(entered("x", "r", "cid", 1), 20);
  state.expire(20 + leaseMs - 1);
  assert.deepEqual(users("r"), ["ann"]);
  state.expire(20 + leaseMs);
  assert.deepEqual(
    [users("r"), told],
    [
      ["ann", "cid"],
      ["joined r ann", "joined r cid"],
    ],
  );
});

test("what the bucket has lost counts until its server had time to write it again, also under another session", () => {
  const { state, told, users } = startState();
  const { renewed, entered } = startHistory();
  for (const event of [renewed("x"), entered("x", "r", "ann"), entered("x", "r", "bob")]) state.apply(event, 0);
  assert.deepEqual([...state.load([], 100)], []);
  state.apply(renewed("x2"), 200);
  state.apply(entered("x2", "r", "ann"), 200);
  state.expire(100 + 2 * leaseMs - 1);
  assert.deepEqual(users("r"), ["ann", "bob"]);
  state.expire(100 + 2 * leaseMs);
  assert.deepEqual([users("r"), told], [["ann"], ["joined r ann", "joined r bob", "left r bob"]]);
});

test("that others have ended the own session is no news of its users", () => {
  const { state, told, users } = startState("me");
  const { renewed, ended, entered } = startHistory();
  for (const event of [renewed("me"), entered("me", "r", "ann"), ended("me")]) state.apply(event, 0);
  for (const event of [renewed("me2"), entered("me2", "r", "ann")]) state.apply(event, 10);
  state.expire(3 * leaseMs);
  assert.deepEqual([users("r"), told], [["ann"], ["joined r ann"]]);
});

test("a session is silent when its time is over, which begins anew with a load; the own one never is", () => {
  const { state } = startState("me");
  const { renewed } = startHistory();
  const events = [renewed("me"), renewed("x")];
  for (const event of events) state.apply(event, 0);
  const silent = (nowMs: number) => state.silentSessions(nowMs).map(({ session }) => session);
  assert.deepEqual([silent(leaseMs), silent(leaseMs + 1)], [[], ["x"]]);
  state.load(events, 500);
  assert.deepEqual([silent(leaseMs + 500), silent(leaseMs + 501)], [[], ["x"]]);
});

test("a server that is late itself, or behind the bucket, takes nobody for silent before another full time", () => {
  const { state } = startState("me");
  const silent = (nowMs: number) => state.silentSessions(nowMs).map(({ session }) => session);
  state.load([startHistory().renewed("x")], 0);
  for (const nowMs of [600, 1_200]) state.renewed(nowMs, false);
  assert.deepEqual(silent(1_200), ["x"]);
  state.renewed(1_900, false);
  assert.deepEqual([silent(1_900), silent(2_900), silent(2_901)], [[], [], ["x"]]);
  state.renewed(2_901, false);
  state.renewed(2_902, true);
  assert.deepEqual([silent(3_902), silent(3_903)], [[], ["x"]]);
});

test("an entry of a session that was never heard of shows that something was missed, and of one that has ended does not", () => {
  const { state, users } = startState();
  const { renewed, ended, entered } = startHistory();
  assert.equal(state.apply(entered("x", "r", "ann"), 0), false);
  for (const event of [renewed("y"), entered("y", "r", "bob"), ended("y"), entered("y", "r", "bob")]) {
    assert.equal(state.apply(event, 0), true);
  }
  assert.deepEqual([...state.load([entered("z", "r", "cid")], 0)], ["z"]);
  assert.equal(state.apply(entered("z", "r", "dan"), 0), true);
  assert.deepEqual(users("r"), []);
});

test("what sessions without a lease have left behind is found in a load, and counts for nothing", () => {
  const { state, users } = startState();
  const { renewed, ended, entered, left } = startHistory();
  const events = [entered("x", "r", "ann"), ended("x"), left("y", "r", "bob"), renewed("z"), entered("z", "r", "cid")];
  assert.deepEqual([...state.load(events, 0)], ["x", "y"]);
  assert.deepEqual(users("r"), ["cid"]);
});

const sessions = ["x", "y", "z"];
const command = fc.record({
  type: fc.constantFrom("entered" as const, "left" as const, "renewed" as const, "ended" as const),
  session: fc.constantFrom(...sessions),
  roomId: fc.constantFrom("r", "s"),
  userId: fc.constantFrom("a", "b", "c", "d"),
});

test("whatever happens, servers that saw the same agree, no room is over its bound, and changes add up to the list", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const history = startHistory();
      const one = startState("x");
      const other = startState();
      const events = sessions.map((session) => history.renewed(session));
      for (const { type, session, roomId, userId } of commands) {
        if (type === "entered") events.push(history.entered(session, roomId, userId, 2));
        else if (type === "left") events.push(history.left(session, roomId, userId));
        else events.push(history[type](session));
      }
      for (const event of events) {
        // The own end is no news to a server, but to the others it is: here nobody is such a server.
        if (event.type === "ended" && event.session === "x") continue;
        for (const { state } of [one, other]) state.apply(event, 0);
        for (const roomId of ["r", "s"]) {
          assert.deepEqual(one.users(roomId), other.users(roomId));
          assert.ok(one.users(roomId).length <= 2);
          const count = (type: string) => one.told.filter((line) => line.startsWith(`${type} ${roomId} `)).length;
          assert.equal(count("joined") - count("left"), one.users(roomId).length);
        }
      }
      assert.deepEqual(one.told, other.told);
    }),
  );
});
