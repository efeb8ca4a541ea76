import assert from "node:assert/strict";
import { createReadStream, readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { IMService, type UploadAudioRequest, UploadAudioRequestSchema } from "@im-sdk/gen";
import { hasCode } from "../test-kit/has-code.ts";
import { answer, encoded, grpcHead, onMessages, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { servePlain } from "../test-kit/serve.ts";
import { ourTransport } from "../test-kit/transports.ts";
import { settle, until } from "../test-kit/until.ts";
import { chunkBytes } from "./audio-chunks.ts";
import { type UploadContext, type UploadOptions, type UploadProgress, uploadAudio } from "./upload-audio.ts";

const ok = { "grpc-status": "0" };
const format = "opus";

function contextOf(t: TestContext, baseUrl: string): UploadContext {
  return { userId: "ann", service: createClient(IMService, ourTransport(t, baseUrl)) };
}

/** A server that keeps what it is sent and stores it under `a1`. */
async function keepingServer(t: TestContext) {
  const frames: UploadAudioRequest["data"][] = [];
  const server = await servePlain({
    async uploadAudio(messages) {
      for await (const { data } of messages) frames.push(data);
      return { audioId: "a1", audioUrl: "/audio/a1" };
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  return { frames, context: contextOf(t, `http://${server.address}`) };
}

/** An endless source that says how much was asked of it, and whether it was closed. */
function endless() {
  const state = { pieces: 0, isClosed: false };
  async function* source() {
    try {
      for (;;) {
        state.pieces++;
        yield new Uint8Array(chunkBytes);
      }
    } finally {
      state.isClosed = true;
    }
  }
  return { state, source: source() };
}

async function peerFor(t: TestContext, onStream: (stream: ServerHttp2Stream) => void) {
  const peer = await startHttp2Peer(onStream);
  t.after(() => peer[Symbol.asyncDispose]());
  return { peer, context: contextOf(t, peer.baseUrl) };
}

async function audioFile(t: TestContext, sizeBytes: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "im-upload-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "voice.opus");
  await writeFile(path, Buffer.alloc(sizeBytes, 7));
  return path;
}

function isOpen(path: string): boolean {
  return readdirSync("/proc/self/fd").some((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  });
}

test("metadata goes first, then chunks of 32 KiB, and the answer comes back", async (t) => {
  const { frames, context } = await keepingServer(t);
  const bytes = Uint8Array.from({ length: 2 * chunkBytes + 5 }, (_, index) => index % 256);
  const response = await uploadAudio(context, "lobby", bytes, { format, durationSeconds: 1.5 });
  assert.deepEqual([response.audioId, response.audioUrl], ["a1", "/audio/a1"]);
  const [first, ...rest] = frames;
  assert.equal(first?.case, "metadata");
  const { userId, roomId, format: told, size, duration } = first.value;
  assert.deepEqual([userId, roomId, told, size, duration], ["ann", "lobby", "opus", BigInt(bytes.byteLength), 1.5]);
  const chunks = rest.map((frame) => (frame.case === "chunk" ? frame.value : new Uint8Array()));
  assert.deepEqual(
    chunks.map((chunk) => chunk.byteLength),
    [chunkBytes, chunkBytes, 5],
  );
  assert.equal(Buffer.compare(Buffer.concat(chunks), bytes), 0);
});

test("a recording of no bytes is its metadata alone", async (t) => {
  const { frames, context } = await keepingServer(t);
  await uploadAudio(context, "lobby", new Uint8Array(), { format });
  assert.deepEqual(
    frames.map((frame) => frame.case),
    ["metadata"],
  );
});

test("a source that could be read twice is read once", async (t) => {
  const { context } = await keepingServer(t);
  let readings = 0;
  const source = {
    async *[Symbol.asyncIterator]() {
      readings++;
      yield new Uint8Array(1);
    },
  };
  await uploadAudio(context, "lobby", source, { format });
  await settle();
  assert.equal(readings, 1);
});

test("progress is told after each chunk, with the size where the source knows it", async (t) => {
  const { context } = await keepingServer(t);
  const told: UploadProgress[] = [];
  const onProgress = (progress: UploadProgress) => told.push(progress);
  const bytes = new Uint8Array(chunkBytes + 10);
  await uploadAudio(context, "lobby", bytes, { format, onProgress });
  async function* unsized() {
    yield bytes;
  }
  await uploadAudio(context, "lobby", unsized(), { format, onProgress });
  const total = chunkBytes + 10;
  assert.deepEqual(told, [
    { sentBytes: chunkBytes, totalBytes: total },
    { sentBytes: total, totalBytes: total },
    { sentBytes: chunkBytes, totalBytes: undefined },
    { sentBytes: total, totalBytes: undefined },
  ]);
});

test("a server that stops reading stops the source a few chunks on; cancelling then closes it", async (t) => {
  const { peer, context } = await peerFor(t, () => {});
  const { state, source } = endless();
  const caller = new AbortController();
  const upload = uploadAudio(context, "lobby", source, { format, signal: caller.signal });
  upload.catch(() => {});
  await until(() => state.pieces > 1);
  await settle();
  // The server's window of 64 KiB holds two, a write of 64 KiB or more is on its way, one waits behind it.
  assert.ok(state.pieces <= 8, `${state.pieces} chunks were read`);
  caller.abort();
  await assert.rejects(upload, hasCode("canceled", "lobby"));
  await until(() => state.isClosed && peer.streams[0]?.closed === true);
  assert.equal(peer.streams[0]?.rstCode, 8);
});

test("a server that says no in the middle ends the upload with its own error, and the source is closed", async (t) => {
  const { context } = await peerFor(t, (stream) => {
    onMessages(stream, UploadAudioRequestSchema, ({ data }) => {
      if (data.case !== "chunk" || stream.headersSent) return;
      stream.respond({ ...grpcHead, "grpc-status": "7", "grpc-message": "not%20here" }, { endStream: true });
    });
  });
  const { state, source } = endless();
  await assert.rejects(
    uploadAudio(context, "lobby", source, { format }),
    hasCode("permission_denied", "lobby", "not here"),
  );
  await until(() => state.isClosed);
});

test("a server that answers before it has everything is believed, and the source is closed", async (t) => {
  const reply = encoded(IMService.method.uploadAudio.output, { audioId: "short" });
  const { context } = await peerFor(t, (stream) => {
    onMessages(stream, UploadAudioRequestSchema, ({ data }) => {
      if (data.case === "chunk" && !stream.headersSent) answer(stream, reply, ok);
    });
  });
  const { state, source } = endless();
  assert.equal((await uploadAudio(context, "lobby", source, { format })).audioId, "short");
  await until(() => state.isClosed);
});

test("a refusal in the body of the answer is thrown", async (t) => {
  const status = { code: Code.ResourceExhausted, message: "no space" };
  const { context } = await peerFor(t, (stream) =>
    answer(stream, encoded(IMService.method.uploadAudio.output, { status }), ok),
  );
  const upload = uploadAudio(context, "lobby", new Uint8Array(1), { format });
  await assert.rejects(upload, hasCode("resource_exhausted", "no space"));
});

test("a deadline is deadline_exceeded, not a failure of the source", async (t) => {
  const { context } = await peerFor(t, () => {});
  const { state, source } = endless();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const upload = uploadAudio(context, "lobby", source, { format, timeoutMs: 50 });
  const ended = assert.rejects(upload, hasCode("deadline_exceeded", "lobby"));
  await until(() => state.pieces > 0);
  t.mock.timers.tick(50);
  await ended;
  await until(() => state.isClosed);
});

test("cancelling is canceled, also when the same signal makes the source fail", async (t) => {
  const { context } = await keepingServer(t);
  const caller = new AbortController();
  const reason = new Error("the user left");
  async function* source() {
    yield new Uint8Array(1);
    caller.abort(reason);
    caller.signal.throwIfAborted();
  }
  await assert.rejects(uploadAudio(context, "lobby", source(), { format, signal: caller.signal }), (error: Error) => {
    hasCode("canceled", "lobby")(error);
    return error.cause === reason;
  });
});

test("a source that fails is aborted and not retryable, with the failure as its cause", async (t) => {
  const { context } = await keepingServer(t);
  const broken = new Error("the microphone is gone");
  async function* source() {
    yield new Uint8Array(10);
    throw broken;
  }
  await assert.rejects(
    uploadAudio(context, "lobby", source(), { format }),
    (error: Error & { retryable?: boolean }) => {
      hasCode("aborted", "lobby", "the microphone is gone")(error);
      assert.deepEqual([error.cause, error.retryable], [broken, false]);
      return true;
    },
  );
});

test("a source that gives something else than bytes is invalid_argument", async (t) => {
  const { context } = await keepingServer(t);
  async function* source() {
    yield "text" as unknown as Uint8Array;
  }
  await assert.rejects(uploadAudio(context, "lobby", source(), { format }), hasCode("invalid_argument", "string"));
});

test("onProgress that throws fails the upload and closes the source", async (t) => {
  const { context } = await keepingServer(t);
  const { state, source } = endless();
  const onProgress = () => {
    throw new Error("no more paper");
  };
  const upload = uploadAudio(context, "lobby", source, { format, onProgress });
  await assert.rejects(upload, hasCode("aborted", "no more paper"));
  await until(() => state.isClosed);
});

test("arguments that make no sense are refused before the source is touched", async (t) => {
  const { frames, context } = await keepingServer(t);
  const bytes = new Uint8Array(1);
  const bad: [string, UploadOptions, string][] = [
    ["", { format }, "roomId"],
    ["lobby", { format: "" }, "format"],
    ["lobby", undefined as unknown as UploadOptions, "format"],
    ["lobby", { format, durationSeconds: -1 }, "durationSeconds"],
    ["lobby", { format, durationSeconds: Number.NaN }, "durationSeconds"],
    ["lobby", { format, timeoutMs: 0 }, "timeoutMs"],
    ["lobby", { format, timeoutMs: Number.NaN }, "timeoutMs"],
  ];
  for (const [roomId, options, name] of bad) {
    await assert.rejects(uploadAudio(context, roomId, bytes, options), hasCode("invalid_argument", name));
  }
  await assert.rejects(uploadAudio(context, "lobby", "x" as never, { format }), hasCode("invalid_argument", "source"));
  assert.deepEqual(frames, []);
});

/** An address at which nobody listens any more. */
async function deadAddress(): Promise<string> {
  const peer = await startHttp2Peer(() => {});
  await peer[Symbol.asyncDispose]();
  return peer.baseUrl;
}

test("an upload that never starts closes its source, of whatever kind", async (t) => {
  const context = contextOf(t, await deadAddress());
  const generated = endless();
  await assert.rejects(uploadAudio(context, "lobby", generated.source, { format }), hasCode("unavailable", "lobby"));
  await until(() => generated.state.isClosed);

  let isCancelled = false;
  const web = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel() {
      isCancelled = true;
    },
  });
  await assert.rejects(uploadAudio(context, "lobby", web, { format }), hasCode("unavailable"));
  await until(() => isCancelled);

  const file = createReadStream(await audioFile(t, 1_000));
  await assert.rejects(uploadAudio(context, "lobby", file, { format }), hasCode("unavailable"));
  await until(() => file.closed);
});

test("a file is closed whichever way its upload ends", { skip: process.platform !== "linux" }, async (t) => {
  const path = await audioFile(t, 4 * 1024 * 1024);
  const { context } = await keepingServer(t);
  await uploadAudio(context, "lobby", { path }, { format });
  await until(() => !isOpen(path));

  const { context: stalled } = await peerFor(t, () => {});
  const caller = new AbortController();
  const upload = uploadAudio(stalled, "lobby", { path }, { format, signal: caller.signal });
  upload.catch(() => {});
  await until(() => isOpen(path));
  caller.abort();
  await assert.rejects(upload, hasCode("canceled"));
  await until(() => !isOpen(path));

  const dead = contextOf(t, await deadAddress());
  await assert.rejects(uploadAudio(dead, "lobby", { path }, { format }), hasCode("unavailable"));
  await until(() => !isOpen(path));
});

test("an error that the server makes of the call keeps its code and its cause", async (t) => {
  const server = await servePlain({
    async uploadAudio() {
      throw new ConnectError("too loud", Code.OutOfRange);
    },
  });
  t.after(() => server[Symbol.asyncDispose]());
  const upload = uploadAudio(contextOf(t, `http://${server.address}`), "lobby", new Uint8Array(1), { format });
  await assert.rejects(upload, (error: Error) => {
    hasCode("out_of_range", "too loud")(error);
    return error.cause instanceof ConnectError;
  });
});

test("a source may use its buffer again for every piece", async (t) => {
  const { frames, context } = await keepingServer(t);
  async function* source() {
    const buffer = new Uint8Array(4 * chunkBytes);
    for (let index = 1; index <= 40; index++) yield buffer.fill(index);
  }
  await uploadAudio(context, "r", source(), { format });
  const received = frames.flatMap((data) => (data.case === "chunk" ? [...new Set(data.value)] : []));
  assert.deepEqual(
    received,
    Array.from({ length: 160 }, (_, index) => Math.floor(index / 4) + 1),
  );
});
