import assert from "node:assert/strict";
import { test } from "node:test";
import { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import type { Gap } from "./gap.ts";
import { type MessagesOptions, resolveMessagesOptions } from "./inbox-options.ts";
import { MessageIterator } from "./message-iterator.ts";

function setup(roomId?: string, options: MessagesOptions = {}) {
  let ends = 0;
  const gaps: Gap[] = [];
  const iterator = new MessageIterator(roomId, () => ends++, {
    ...resolveMessagesOptions(options),
    onGap: (gap) => void gaps.push(gap),
  });
  const handled: string[] = [];
  return {
    iterator,
    handled,
    gaps,
    push(id: string, room = "r") {
      const message = decodeMessage(incoming(id, { roomId: room }), () => {});
      return iterator.push({
        message,
        onHandled: (outcome) => handled.push(outcome === undefined ? id : `${id} ${outcome}`),
      });
    },
    get ends() {
      return ends;
    },
  };
}

const done = { done: true, value: undefined };
const idOf = (result: IteratorResult<{ id: string }>) => (result.done === true ? undefined : result.value.id);

test("messages come in order, those that were queued and those that are waited for", async () => {
  const { iterator, push } = setup();
  push("a");
  push("b");
  assert.equal(idOf(await iterator.next()), "a");
  assert.equal(idOf(await iterator.next()), "b");
  const waiting = iterator.next();
  push("c");
  assert.equal(idOf(await waiting), "c");
});

test("a message counts as handled when the loop asks for the next", async () => {
  const { iterator, push, handled } = setup();
  push("a");
  push("b");
  await iterator.next();
  await settle();
  assert.deepEqual(handled, []);
  await iterator.next();
  assert.deepEqual(handled, ["a"]);
  const waiting = iterator.next();
  assert.deepEqual(handled, ["a", "b"]);
  push("c");
  await waiting;
  assert.deepEqual(handled, ["a", "b"]);
});

test("several calls of next at once are answered in turn", async () => {
  const { iterator, push, handled } = setup();
  const both = [iterator.next(), iterator.next()] as const;
  push("a");
  push("b");
  assert.deepEqual((await Promise.all(both)).map(idOf), ["a", "b"]);
  assert.deepEqual(handled, ["a"]);
  const last = [iterator.next(), iterator.next()];
  iterator.end();
  assert.deepEqual(await Promise.all(last), [done, done]);
});

test("messages of other rooms are none of its business, and handled as far as it goes", async () => {
  const { iterator, push, handled } = setup("r");
  assert.equal(push("x", "other"), undefined);
  assert.deepEqual(handled, ["x skipped"]);
  push("a");
  assert.equal(idOf(await iterator.next()), "a");
});

test("a full queue gives back a promise, which resolves when half of it has been taken", async () => {
  const { iterator, push } = setup();
  for (let index = 1; index < 1_000; index++) assert.equal(push(`${index}`), undefined);
  let released = false;
  const pause = push("last");
  assert.ok(pause instanceof Promise);
  void pause.then(() => {
    released = true;
  });
  assert.equal(push("one more"), pause);
  for (let index = 0; index < 500; index++) await iterator.next();
  await settle();
  assert.equal(released, false);
  await iterator.next();
  await pause;
  assert.equal(push("room again"), undefined);
});

test("after its end it gives what is queued and then is done; what is pushed then is handled and forgotten", async () => {
  const state = setup();
  const { iterator, push, handled } = state;
  push("a");
  iterator.end();
  iterator.end();
  assert.equal(state.ends, 1);
  push("late");
  assert.deepEqual(handled, ["late dropped"]);
  assert.equal(idOf(await iterator.next()), "a");
  assert.deepEqual(await iterator.next(), done);
  assert.deepEqual(handled, ["late dropped", "a"]);
});

test("its end answers a loop that waits, and releases who paused for it", async () => {
  const { iterator } = setup();
  const waiting = iterator.next();
  iterator.end();
  assert.deepEqual(await waiting, done);

  const full = setup();
  let pause: Promise<void> | undefined;
  for (let index = 0; index < 1_000; index++) pause = full.push(`${index}`);
  full.iterator.end();
  await pause;
});

test("an error at its end is thrown once, after what is queued, to whoever waits or asks next", async () => {
  const { iterator, push } = setup();
  push("a");
  iterator.end(new ImError("unavailable", "gave up"));
  assert.equal(idOf(await iterator.next()), "a");
  await assert.rejects(iterator.next(), hasCode("unavailable", "gave up"));
  assert.deepEqual(await iterator.next(), done);

  const waited = setup().iterator;
  const both = [waited.next(), waited.next()] as const;
  waited.end(new ImError("unavailable", "gave up"));
  await assert.rejects(both[0], hasCode("unavailable"));
  assert.deepEqual(await both[1], done);
});

test("a loop that is left has handled its last message, forgets the queue and ends", async () => {
  const state = setup();
  const { iterator, push, handled } = state;
  let pause: Promise<void> | undefined;
  for (let index = 0; index <= 1_000; index++) pause = push(`${index}`);
  for await (const { id } of iterator) if (id === "1") break;
  assert.deepEqual(handled.slice(0, 3), ["0", "1", "2 dropped"]);
  assert.equal(handled.length, 1_001);
  assert.equal(state.ends, 1);
  assert.deepEqual(await iterator.next(), done);
  await pause;
});

test("a loop that drops its oldest pauses nobody, and is told of the gap before it gets what comes after", async () => {
  const { iterator, push, handled, gaps } = setup("r", { maxQueued: 2, whenFull: "drop-oldest" });
  for (const id of ["a", "b", "c", "d"]) assert.equal(push(id), undefined);
  push("x", "other");
  assert.deepEqual(handled.splice(0), ["a skipped", "b skipped", "x skipped"]);
  assert.deepEqual(gaps, []);
  const next = iterator.next();
  assert.deepEqual(gaps, [{ roomId: "r", reason: "slow_consumer", after: undefined, upTo: undefined }]);
  assert.equal(idOf(await next), "c");
  assert.equal(idOf(await iterator.next()), "d");
  void iterator.next();
  assert.deepEqual(handled, ["c", "d"]);
  assert.equal(gaps.length, 1);
});

test("a loop that closes when full pauses nobody, gives what is queued, and then throws what to do about it", async () => {
  const state = setup("lobby", { maxQueued: 2, whenFull: "close" });
  const { iterator, handled } = state;
  const push = (id: string) => state.push(id, "lobby");
  for (const id of ["a", "b"]) assert.equal(push(id), undefined);
  assert.equal(state.ends, 0, "as many as may are no reason yet");
  assert.equal(push("c"), undefined);
  push("d");
  assert.equal(state.ends, 1);
  assert.deepEqual(handled.splice(0), ["c dropped", "d dropped"]);
  assert.deepEqual([idOf(await iterator.next()), idOf(await iterator.next())], ["a", "b"]);
  await assert.rejects(
    iterator.next(),
    hasCode("resource_exhausted", "lobby", "2 were waiting", "maxQueued", "whenFull", "listMessages()"),
  );
  assert.deepEqual(await iterator.next(), done);
  assert.deepEqual([handled, state.gaps], [["a", "b"], []]);
});

test("messages of other rooms do not fill a loop, and one that waits is never full", async () => {
  const state = setup("r", { maxQueued: 1, whenFull: "close" });
  const waiting = [state.iterator.next(), state.iterator.next()] as const;
  for (const id of ["a", "b", "c"]) state.push(id);
  state.push("x", "other");
  assert.deepEqual((await Promise.all(waiting)).map(idOf), ["a", "b"]);
  assert.equal(state.ends, 0);
});

test("a loop that is left throws no more", async () => {
  const { iterator, push } = setup(undefined, { maxQueued: 1, whenFull: "close" });
  for (const id of ["a", "b"]) push(id);
  await iterator.return();
  assert.deepEqual(await iterator.next(), done);
});

test("two iterators do not disturb each other", async () => {
  const [slow, fast] = [setup(), setup()];
  for (const id of ["a", "b"]) {
    slow.push(id);
    fast.push(id);
  }
  await fast.iterator.next();
  await fast.iterator.next();
  await fast.iterator.return();
  assert.deepEqual([slow.handled, fast.handled], [[], ["a", "b"]]);
  assert.equal(idOf(await slow.iterator.next()), "a");
});

test("a message is given to the loop only when it has begun, whether it waited for the loop or the loop for it", async () => {
  const events: string[] = [];
  const begun: (() => void)[] = [];
  const loop = new MessageIterator(undefined, () => {}, { maxQueued: 10, whenFull: "pause", onGap() {} });
  const push = (id: string) =>
    loop.push({
      message: decodeMessage(incoming(id), () => {}),
      begin: () => {
        events.push(`begin ${id}`);
        return new Promise((resolve) => begun.push(resolve));
      },
      onHandled: (outcome = "handled") => events.push(`${outcome} ${id}`),
    });
  const next = () => loop.next().then(({ value }) => events.push(`give ${value?.id}`));
  void next();
  push("a");
  push("b");
  await settle();
  assert.deepEqual(events.splice(0), ["begin a"]);
  begun[0]?.();
  await settle();
  assert.deepEqual(events.splice(0), ["give a"]);
  void next();
  await settle();
  assert.deepEqual(events.splice(0), ["handled a", "begin b"]);
  begun[1]?.();
  await settle();
  assert.deepEqual(events, ["give b"]);
});
