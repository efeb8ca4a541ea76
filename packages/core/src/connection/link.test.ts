import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type { ClientHttp2Stream } from "node:http2";
import { describe, test } from "node:test";
import { createInstance } from "@im-sdk/testing";
import { ImError } from "../im-error.ts";
import { incoming, outgoing } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { ScriptedLink } from "../test-kit/scripted-link.ts";
import { settle } from "../test-kit/until.ts";

const ids = ({ sent }: ScriptedLink) => sent.map(({ messageId }) => messageId);

test("it sends its greeting, what is pushed, and the messages of its source when woken", async () => {
  const scripted = new ScriptedLink({ greeting: [outgoing("hello")] });
  scripted.link.push(outgoing("ack"));
  const queue = [outgoing("m")];
  scripted.link.setSource({ take: () => queue.shift() });
  await settle();
  queue.push(outgoing("n"));
  scripted.link.wake();
  await settle();
  assert.deepEqual(ids(scripted), ["hello", "ack", "m", "n"]);
});

test("a frame is written when the transport says so, or else when it asks for the next", async () => {
  const written: string[] = [];
  const silent = new ScriptedLink({
    greeting: [outgoing("a"), outgoing("b")],
    isStalled: true,
    onWritten: (frames) => written.push(...frames.map(({ messageId }) => messageId)),
  });
  await settle();
  await silent.pull();
  assert.equal(written.length, 0);
  await silent.pull();
  assert.deepEqual(written.splice(0), ["a"]);

  const telling = new ScriptedLink({
    greeting: [outgoing("a"), outgoing("b")],
    isStalled: true,
    onWritten: (frames) => written.push(...frames.map(({ messageId }) => messageId)),
  });
  await settle();
  telling.observer?.onOpen?.(new EventEmitter() as ClientHttp2Stream);
  await telling.pull();
  await telling.pull();
  assert.equal(written.length, 0);
  telling.observer?.onWrite?.(telling.sent);
  assert.deepEqual(written, ["a", "b"]);
});

test("it hears through its lease that the session is about to go, and belongs to the instance it was opened on", async () => {
  const draining: unknown[] = [];
  const session = {};
  let onGoaway: (() => void) | undefined;
  const instance = createInstance("a");
  const scripted = new ScriptedLink({
    instance,
    lease: {
      transport: {} as never,
      follow(followed, listener) {
        assert.equal(followed, session);
        onGoaway = listener;
      },
      release() {},
    },
    onDraining: (link) => draining.push(link),
  });
  await settle();
  scripted.observer?.onOpen?.(Object.assign(new EventEmitter(), { session }) as unknown as ClientHttp2Stream);
  onGoaway?.();
  assert.deepEqual(draining, [scripted.link]);
  assert.equal(scripted.link.instance, instance);
  assert.ok(scripted.link.base === scripted.link.transport && scripted.link.base !== undefined);
});

test("it grants what the headers name, and adds up; foreign words grant nothing", async () => {
  const { link } = new ScriptedLink({ grants: " Resume , telepathy" });
  await link.opened;
  assert.deepEqual([...link.capabilities], ["resume"]);
  link.grant(new Headers());
  link.grant(new Headers({ "im-capabilities": "ack" }));
  assert.deepEqual([...link.capabilities], ["resume", "ack"]);
});

test("capabilities are known before the first frame is handed on, one frame after the other", async () => {
  const seen: [string, boolean][] = [];
  const room = Promise.withResolvers<void>();
  const scripted = new ScriptedLink({
    grants: undefined,
    onFrame: (frame, link) => {
      seen.push([frame.messageId, link.capabilities.has("ack")]);
      return frame.messageId === "a" ? room.promise : undefined;
    },
  });
  scripted.response.push(incoming("a"), incoming("b"));
  scripted.grant("ack");
  await settle();
  assert.deepEqual(seen, [["a", true]]);
  room.resolve();
  await settle();
  assert.deepEqual(seen.at(-1), ["b", true]);
});

describe("its end", () => {
  test("by the server is `unavailable`, also when nothing was wrong", async () => {
    const scripted = new ScriptedLink();
    scripted.response.end();
    assert.ok(hasCode("unavailable", "the server ended the stream")(await scripted.link.closed));
    assert.equal(scripted.link.isOpen, false);
    assert.deepEqual([scripted.isHalfClosed, scripted.isAborted], [true, true]);
  });

  test("by an error tells that error", async () => {
    const scripted = new ScriptedLink();
    scripted.response.fail(new ImError("unauthenticated", "expired"));
    assert.ok(hasCode("unauthenticated")(await scripted.link.closed));
  });

  test("by a frame that cannot be handled is that error", async () => {
    const scripted = new ScriptedLink({
      onFrame: () => {
        throw new Error("nonsense");
      },
    });
    scripted.response.push(incoming("m"));
    assert.ok(hasCode("unknown", "the stream broke", "nonsense")(await scripted.link.closed));
  });

  test("by ourselves is peace: what was pushed goes out, what comes is received, and nothing new can be pushed", async () => {
    const received: string[] = [];
    const scripted = new ScriptedLink({
      onFrame: ({ messageId }) => {
        received.push(messageId);
        return undefined;
      },
    });
    await settle();
    scripted.link.push(outgoing("last"));
    scripted.link.finish();
    await settle();
    assert.deepEqual([ids(scripted), scripted.isHalfClosed], [["last"], true]);
    assert.deepEqual([scripted.link.isOpen, scripted.link.isWritable], [true, false]);
    scripted.response.push(incoming("m"));
    scripted.response.end();
    assert.equal(await scripted.link.closed, undefined);
    assert.deepEqual(received, ["m"]);
  });

  test("by an abort gives its reason, or none; the first end is the one that counts", async () => {
    const aborted = new ScriptedLink();
    aborted.link.abort(new ImError("aborted", "enough"));
    aborted.link.finish();
    assert.ok(hasCode("aborted", "enough")(await aborted.link.closed));
    const finished = new ScriptedLink();
    finished.link.finish();
    finished.link.abort(new ImError("aborted", "enough"));
    assert.equal(await finished.link.closed, undefined);
  });

  test("by an abort comes at once, though a consumer has no room, and hands nothing more on", async () => {
    const received: string[] = [];
    const scripted = new ScriptedLink({
      onFrame: ({ messageId }) => {
        received.push(messageId);
        return new Promise(() => {});
      },
    });
    scripted.response.push(incoming("a"), incoming("b"));
    await settle();
    scripted.link.abort();
    assert.equal(await scripted.link.closed, undefined);
    assert.deepEqual(received, ["a"]);
  });

  test("by an abort within a frame's handler comes at once as well", async () => {
    const scripted = new ScriptedLink({
      onFrame: (_, link) => {
        link.abort();
        return new Promise(() => {});
      },
    });
    scripted.response.push(incoming("a"));
    assert.equal(await scripted.link.closed, undefined);
  });

  test("opens what waited for headers, and gives the lease back", async () => {
    let releases = 0;
    const scripted = new ScriptedLink({
      grants: undefined,
      lease: { transport: {} as never, follow() {}, release: () => releases++ },
    });
    scripted.link.abort();
    await scripted.link.opened;
    assert.equal(releases, 1);
  });
});

test("a stream that closes while a frame holds up the next is read to its end at once", async () => {
  const frames: string[] = [];
  const scripted = new ScriptedLink({
    onFrame: ({ messageId }) => {
      frames.push(messageId);
      return new Promise(() => {});
    },
  });
  await settle();
  const stream = new EventEmitter();
  scripted.observer?.onOpen?.(stream as ClientHttp2Stream);
  for (const id of ["a", "b", "c"]) scripted.response.push(incoming(id));
  await settle();
  assert.deepEqual(frames, ["a"]);
  scripted.response.fail(new Error("reset"));
  stream.emit("close");
  await settle();
  assert.deepEqual(frames, ["a", "b", "c"]);
  assert.ok(scripted.endedWith instanceof ImError && scripted.endedWith.message.includes("reset"));
});
