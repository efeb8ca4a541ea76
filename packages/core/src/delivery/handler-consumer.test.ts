import assert from "node:assert/strict";
import { test } from "node:test";
import { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import { settle } from "../test-kit/until.ts";
import type { Gap } from "./gap.ts";
import { HandlerConsumer } from "./handler-consumer.ts";
import { type InboxOptions, resolveInboxOptions } from "./inbox-options.ts";
import type { Delivery } from "./message-consumer.ts";

function setup(isAsync: (id: string) => boolean, options: InboxOptions = {}) {
  const log: string[] = [];
  const running = new Map<string, () => void>();
  const gaps: Gap[] = [];
  const handler = ({ message: { id } }: Delivery) => {
    if (id.startsWith("unheard")) return "skipped";
    log.push(`begin ${id}`);
    if (!isAsync(id)) return undefined;
    return new Promise<void>((resolve) => running.set(id, resolve));
  };
  const onGap = (gap: Gap) => {
    log.push("gap");
    gaps.push(gap);
  };
  const consumer = new HandlerConsumer(handler, { ...resolveInboxOptions(options), onGap });
  return {
    consumer,
    log,
    gaps,
    push: (id: string) =>
      consumer.push({
        message: decodeMessage(incoming(id), () => {}),
        onHandled: (how?: string) => log.push(how === undefined ? `handled ${id}` : `${how} ${id}`),
      }),
    async finish(id: string) {
      running.get(id)?.();
      running.delete(id);
      await settle();
    },
  };
}

test("a handler without a promise is called at once, and is done when it returns", () => {
  const { push, log } = setup(() => false);
  push("a");
  push("b");
  assert.deepEqual(log, ["begin a", "handled a", "begin b", "handled b"]);
});

test("the next message waits until the promise of the handler has settled, in order", async () => {
  const { push, log, finish } = setup((id) => id !== "c");
  for (const id of ["a", "b", "c", "d"]) assert.equal(push(id), undefined);
  assert.deepEqual(log, ["begin a"]);
  await finish("a");
  assert.deepEqual(log.splice(0), ["begin a", "handled a", "begin b"]);
  push("e");
  await finish("b");
  assert.deepEqual(log.splice(0), ["handled b", "begin c", "handled c", "begin d"]);
  await finish("d");
  await finish("e");
  assert.deepEqual(log.splice(0), ["handled d", "begin e", "handled e"]);
  push("f");
  assert.deepEqual(log, ["begin f"], "free again");
});

test("a full queue gives back a promise, which resolves when half of it has been taken", async () => {
  const { push, finish } = setup((id) => ["first", "499", "500"].includes(id));
  push("first");
  for (let index = 1; index < 1_000; index++) assert.equal(push(`${index}`), undefined);
  let released = false;
  const pause = push("last");
  assert.ok(pause instanceof Promise);
  void pause.then(() => {
    released = true;
  });
  await settle();
  assert.equal(released, false);
  await finish("first");
  assert.equal(released, false);
  await finish("499");
  await pause;
  assert.equal(push("next"), undefined);
});

test("its end releases who paused for it", async () => {
  const { consumer, push } = setup(() => true);
  push("first");
  let pause: Promise<void> | undefined;
  for (let index = 0; index < 1_000; index++) pause = push(`${index}`);
  assert.ok(pause !== undefined);
  consumer.end();
  await pause;
});

test("after its end no handler begins, and what had waited is dropped", async () => {
  const { consumer, push, log, finish } = setup(() => true);
  for (const id of ["a", "b", "c"]) push(id);
  await finish("a");
  push("d");
  assert.deepEqual(log.splice(0), ["begin a", "handled a", "begin b"]);
  consumer.end();
  assert.deepEqual(log.splice(0), ["dropped c", "dropped d"]);
  await finish("b");
  assert.deepEqual(log, ["handled b"]);
  push("e");
  assert.deepEqual(log, ["handled b", "dropped e"]);
});

test("a message that nobody looks at is skipped, not handled, whether it waited or not", async () => {
  const { push, log, finish } = setup((id) => id === "a");
  push("unheard 1");
  push("a");
  push("unheard 2");
  push("b");
  await finish("a");
  assert.deepEqual(log, ["skipped unheard 1", "begin a", "handled a", "skipped unheard 2", "begin b", "handled b"]);
});

test("one that drops its oldest pauses nobody, and is told of the gap before it gets what comes after", async () => {
  const { push, log, gaps, finish } = setup((id) => id === "a", { maxQueued: 2, whenFull: "drop-oldest" });
  for (const id of ["a", "b", "c", "d", "e"]) assert.equal(push(id), undefined);
  assert.deepEqual(log.splice(0), ["begin a", "skipped b", "skipped c"]);
  await finish("a");
  assert.deepEqual(log, ["handled a", "gap", "begin d", "handled d", "begin e", "handled e"]);
  assert.deepEqual(gaps, [{ roomId: "r", reason: "slow_consumer", after: undefined, upTo: undefined }]);
});

test("one that is ended by who hears of a gap begins no handler after it", async () => {
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const consumer = new HandlerConsumer(
    ({ message: { id } }) => {
      log.push(`begin ${id}`);
      return id === "a" ? first.promise : undefined;
    },
    { maxQueued: 1, whenFull: "drop-oldest", onGap: () => consumer.end() },
  );
  for (const id of ["a", "b", "c"]) {
    const onHandled = (outcome = "handled") => void log.push(`${outcome} ${id}`);
    consumer.push({ message: decodeMessage(incoming(id), () => {}), onHandled });
  }
  first.resolve();
  await settle();
  assert.deepEqual(log, ["begin a", "skipped b", "handled a", "dropped c"]);
});

test("a connection that is given up does not end it: what it brought is handled", async () => {
  const { consumer, push, log, finish } = setup(() => true);
  push("a");
  push("b");
  consumer.end(new ImError("unavailable", "gave up"));
  await finish("a");
  assert.deepEqual(log, ["begin a", "handled a", "begin b"]);
});

test("a message is given to the handler only when it has begun, and those behind it wait", async () => {
  const events: string[] = [];
  const begun: (() => void)[] = [];
  const consumer = new HandlerConsumer(
    ({ message }) => {
      events.push(`handle ${message.id}`);
      return undefined;
    },
    { maxQueued: 10, whenFull: "pause", onGap() {} },
  );
  for (const id of ["a", "b"]) {
    consumer.push({
      message: decodeMessage(incoming(id), () => {}),
      begin: () => {
        events.push(`begin ${id}`);
        return new Promise((resolve) => begun.push(resolve));
      },
      onHandled: (outcome = "handled") => events.push(`${outcome} ${id}`),
    });
  }
  await settle();
  assert.deepEqual(events.splice(0), ["begin a"]);
  begun[0]?.();
  await settle();
  assert.deepEqual(events.splice(0), ["handle a", "handled a", "begin b"]);
  // It counts as read already: given up now, nobody would ever see it.
  consumer.end();
  begun[1]?.();
  await settle();
  assert.deepEqual(events, ["handle b", "handled b"]);
});

test("a message that nobody wants when its turn comes is skipped without having begun, and one that is left behind dropped", async () => {
  const outcomes: string[] = [];
  let isWanted = false;
  const held = Promise.withResolvers<void>();
  const bounds = { maxQueued: 10, whenFull: "pause" as const, onGap() {} };
  const consumer = new HandlerConsumer(
    () => held.promise,
    bounds,
    () => isWanted,
  );
  const push = (id: string) =>
    consumer.push({
      message: decodeMessage(incoming(id), () => {}),
      begin: async () => void outcomes.push(`begin ${id}`),
      onHandled: (outcome = "handled") => outcomes.push(`${outcome} ${id}`),
    });
  push("a");
  isWanted = true;
  push("b");
  push("c");
  await settle();
  consumer.end();
  held.resolve();
  await settle();
  assert.deepEqual(outcomes, ["skipped a", "begin b", "dropped c", "handled b"]);
});
