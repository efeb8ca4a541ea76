import assert from "node:assert/strict";
import { test } from "node:test";
import { ImError } from "../im-error.ts";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import { settle } from "../test-kit/until.ts";
import { HandlerConsumer } from "./handler-consumer.ts";
import { maxQueuedDeliveries } from "./message-consumer.ts";

function setup(isAsync: (id: string) => boolean) {
  const log: string[] = [];
  const running = new Map<string, () => void>();
  const consumer = new HandlerConsumer(({ message: { id } }) => {
    log.push(`begin ${id}`);
    if (!isAsync(id)) return undefined;
    return new Promise((resolve) => running.set(id, resolve));
  });
  return {
    consumer,
    log,
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

test("a full queue gives back a promise, which resolves when there is room", async () => {
  const { push, finish } = setup((id) => id === "first");
  push("first");
  for (let index = 1; index < maxQueuedDeliveries; index++) assert.equal(push(`${index}`), undefined);
  let released = false;
  const pause = push("last");
  assert.ok(pause instanceof Promise);
  void pause.then(() => {
    released = true;
  });
  await settle();
  assert.equal(released, false);
  await finish("first");
  await pause;
  assert.equal(push("next"), undefined);
});

test("its end releases who paused for it", async () => {
  const { consumer, push } = setup(() => true);
  push("first");
  let pause: Promise<void> | undefined;
  for (let index = 0; index < maxQueuedDeliveries; index++) pause = push(`${index}`);
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
  assert.deepEqual(log.splice(0), ["dropped d"]);
  await finish("b");
  assert.deepEqual(log, ["handled b", "dropped c"]);
});

test("a connection that is given up does not end it: what it brought is handled", async () => {
  const { consumer, push, log, finish } = setup(() => true);
  push("a");
  push("b");
  consumer.end(new ImError("unavailable", "gave up"));
  await finish("a");
  assert.deepEqual(log, ["begin a", "handled a", "begin b"]);
});
