import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { compressedFlag, encodeEnvelope } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import { type MessageRequest, MessageRequestSchema } from "@im-sdk/gen";
import fc from "fast-check";
import { cutBytes, cuts } from "../test-kit/cut-bytes.ts";
import { envelope } from "../test-kit/raw-stream.ts";
import { refusedWith } from "../test-kit/test-server.ts";
import { FrameReader, type FrameReceiver } from "./frame-reader.ts";

/** Notes what it is told; `waits` has a promise for the frames that are to be waited for. */
class Receiver implements FrameReceiver {
  readonly received: string[] = [];
  readonly over: Promise<unknown>;
  readonly #wait: (frame: MessageRequest) => Promise<void> | undefined;
  readonly #resolve: (error: unknown) => void;
  #isWaiting = false;

  constructor(wait: (frame: MessageRequest) => Promise<void> | undefined = () => undefined) {
    this.#wait = wait;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.over = promise;
    this.#resolve = resolve;
  }

  receive(frame: MessageRequest): Promise<void> | undefined {
    assert.equal(this.#isWaiting, false, "the frame before was not waited for");
    this.received.push(frame.messageId);
    const wait = this.#wait(frame);
    if (wait === undefined) return undefined;
    this.#isWaiting = true;
    return wait.then(() => {
      this.#isWaiting = false;
    });
  }

  async finish(): Promise<void> {
    this.#resolve(undefined);
  }

  fail(error: unknown): void {
    this.#resolve(error);
  }
}

function start(receiver: Receiver): { stream: PassThrough; reader: FrameReader } {
  const stream = new PassThrough();
  const reader = new FrameReader({ stream, receiver, compression: compressionGzip, readMaxBytes: 1000 });
  reader.start();
  return { stream, reader };
}

function encode(messageId: string): Uint8Array {
  return toBinary(MessageRequestSchema, create(MessageRequestSchema, { messageId }));
}

/** How a frame comes, and how long its receiver takes for it. */
const traits = fc.record({
  length: fc.nat({ max: 50 }),
  isCompressed: fc.boolean(),
  takes: fc.constantFrom("no time", "no time", "a microtask", "a turn"),
});

test("wherever the bytes are cut, and whatever is waited for, the same frames are handed on in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(traits, { maxLength: 20 }), cuts, async (frames, fractions) => {
      const ids = frames.map(({ length }, index) => `${index}${"x".repeat(length)}`);
      const receiver = new Receiver(({ messageId }) => {
        const takes = frames[ids.indexOf(messageId)]?.takes;
        if (takes === "no time") return undefined;
        return takes === "a turn" ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve();
      });
      const envelopes = frames.map(({ isCompressed }, index) => {
        const bytes = encode(ids[index] ?? "");
        return isCompressed ? encodeEnvelope(compressedFlag, new Uint8Array(gzipSync(bytes))) : envelope(bytes);
      });
      const { stream } = start(receiver);
      for (const chunk of cutBytes(Buffer.concat(envelopes), fractions)) stream.write(chunk);
      stream.end();
      assert.equal(await receiver.over, undefined);
      assert.deepEqual(receiver.received, ids);
    }),
    { numRuns: 60 },
  );
});

test("a stream that ended before it was read is over at once", async () => {
  const receiver = new Receiver();
  const stream = new PassThrough();
  stream.end();
  stream.read(0);
  await once(stream, "end");
  new FrameReader({ stream, receiver, compression: null, readMaxBytes: 1000 }).start();
  assert.equal(await receiver.over, undefined);
});

test("a receiver that waits has the stream paused", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const receiver = new Receiver(() => promise);
  const { stream } = start(receiver);
  stream.write(Buffer.concat([envelope(encode("a")), envelope(encode("b"))]));
  while (receiver.received.length === 0) await new Promise(setImmediate);
  stream.write(envelope(encode("c")));
  await new Promise(setImmediate);
  assert.deepEqual([receiver.received, stream.isPaused()], [["a"], true]);
  resolve();
  stream.end();
  await receiver.over;
  assert.deepEqual(receiver.received, ["a", "b", "c"]);
});

test("what a receiver throws or rejects with ends the call, and nothing more is handed on", async () => {
  const failures: (() => Promise<void>)[] = [
    () => {
      throw new Error("no");
    },
    () => Promise.reject(new Error("no")),
  ];
  for (const failure of failures) {
    const receiver = new Receiver(failure);
    const { stream } = start(receiver);
    stream.end(Buffer.concat([envelope(encode("a")), envelope(encode("b"))]));
    assert.match(String(await receiver.over), /no/);
    assert.deepEqual(receiver.received, ["a"]);
  }
});

test("what is no message ends the call by its code, after the frames before it", async () => {
  const bad: [Buffer, Code][] = [
    [envelope(Buffer.from("bad")), Code.Internal],
    [envelope(Buffer.alloc(1001)), Code.ResourceExhausted],
    [Buffer.from(encodeEnvelope(compressedFlag, new Uint8Array(10))), Code.InvalidArgument],
    [Buffer.from(encodeEnvelope(compressedFlag, new Uint8Array(gzipSync(Buffer.alloc(1001))))), Code.ResourceExhausted],
    [envelope(encode("cut")).subarray(0, 7), Code.InvalidArgument],
  ];
  for (const [bytes, code] of bad) {
    const receiver = new Receiver();
    const { stream } = start(receiver);
    stream.end(Buffer.concat([envelope(encode("a")), bytes]));
    assert.ok(refusedWith(code)(await receiver.over));
    assert.deepEqual(receiver.received, ["a"]);
  }
});

test("a reader that was stopped reads no more, until the stream asks for trailers and the rest is thrown away", async () => {
  const receiver = new Receiver();
  const { stream, reader } = start(receiver);
  reader.stop();
  stream.end(envelope(encode("late")));
  await new Promise(setImmediate);
  assert.equal(stream.readableLength, envelope(encode("late")).byteLength);
  stream.emit("wantTrailers");
  await new Promise((resolve) => stream.on("end", resolve));
  assert.deepEqual(receiver.received, []);
});
