import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, constants } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { TranscriptStatus, UploadAudioRequestSchema } from "@im-sdk/gen";
import { MemoryAudioStore } from "../audio/memory-audio-store.ts";
import { envelope, RawStream } from "../test-kit/raw-stream.ts";
import { refusedWith, startTestServer, type TestConnection } from "../test-kit/test-server.ts";

type Frame = MessageInitShape<typeof UploadAudioRequestSchema>;
type Metadata = Extract<NonNullable<Frame["data"]>, { case: "metadata" }>["value"];

const metadata = (more: Metadata = {}): Frame => ({
  data: { case: "metadata", value: { userId: "alice", roomId: "r", format: "mp3", duration: 1.5, ...more } },
});
const chunk = (size: number): Frame => ({ data: { case: "chunk", value: new Uint8Array(size).fill(7) } });

async function* frames(...all: Frame[]) {
  yield* all;
}

function upload({ im }: TestConnection, ...all: Frame[]) {
  return im.uploadAudio(frames(...all));
}

async function get(url: string, headers: Record<string, string> = {}) {
  const { origin, pathname } = new URL(url);
  const session = connect(origin);
  try {
    const request = session.request({ ":path": pathname, ...headers });
    const response = await new Promise<Record<string, unknown>>((resolve, reject) => {
      request.on("response", resolve).on("error", reject);
    });
    return { status: response[":status"], headers: response, body: await buffer(request) };
  } finally {
    session.close();
  }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "im-audio-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

for (const kind of ["memory", "folder"]) {
  test(`a recording can be fetched after its upload, from a ${kind}`, async () => {
    await using folder = await temporaryFolder();
    await using kit = await startTestServer(kind === "folder" ? { audioFolder: folder.path } : {});
    const uploaded = await upload(kit.connect(), metadata({ size: 300n }), chunk(200), chunk(100));
    assert.equal(uploaded.audioUrl, `${kit.server.url}/audio/${uploaded.audioId}`);
    const { status, headers, body } = await get(uploaded.audioUrl);
    assert.deepEqual([status, headers["content-length"], headers["content-type"]], [200, "300", "audio/mpeg"]);
    assert.deepEqual(body, Buffer.alloc(300, 7));
  });

  test(`of an upload that goes wrong nothing is kept, in a ${kind}`, async () => {
    await using folder = await temporaryFolder();
    const limits = { maxUploadBytes: 1000, maxUploadChunkBytes: 600 };
    await using kit = await startTestServer(kind === "folder" ? { audioFolder: folder.path, limits } : { limits });
    const connection = kit.connect();
    const refused: [Code, string, Frame[]][] = [
      [Code.InvalidArgument, "begins with", [chunk(1)]],
      [Code.InvalidArgument, "begins with", []],
      [Code.InvalidArgument, "only chunks", [metadata(), chunk(1), metadata()]],
      [Code.InvalidArgument, "only chunks", [metadata(), {}]],
      [Code.InvalidArgument, "empty", [metadata()]],
      [Code.InvalidArgument, "size is 5", [metadata({ size: 5n }), chunk(4)]],
      [Code.InvalidArgument, "size is 5", [metadata({ size: 5n }), chunk(6)]],
      [Code.InvalidArgument, "user_id", [metadata({ userId: "" }), chunk(6)]],
      [Code.InvalidArgument, "room_id", [metadata({ roomId: "" }), chunk(6)]],
      [Code.ResourceExhausted, "1000", [metadata({ size: 1001n })]],
      [Code.ResourceExhausted, "1000", [metadata(), chunk(600), chunk(600)]],
      [Code.ResourceExhausted, "600", [metadata(), chunk(601)]],
    ];
    for (const [code, text, all] of refused) await assert.rejects(upload(connection, ...all), refusedWith(code, text));
    assert.deepEqual(await readdir(folder.path), []);
  });
}

for (const how of ["session", "stream"]) {
  test(`an upload whose ${how} is cut off leaves nothing`, async () => {
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    const { promise: outcome, resolve: settle } = Promise.withResolvers<string>();
    const writer = { write: () => resolve(), commit: () => settle("commit"), abort: () => settle("abort") };
    await using kit = await startTestServer({ audioStore: { create: () => writer, open: () => undefined } });
    using raw = new RawStream(kit.server.url, {}, "/im.v1.IMService/UploadAudio");
    // A stream that is reset looks whole to the server; then the declared size tells.
    for (const frame of [metadata({ size: how === "stream" ? 20n : 0n }), chunk(10)]) {
      raw.stream.write(envelope(toBinary(UploadAudioRequestSchema, create(UploadAudioRequestSchema, frame))));
    }
    await seen;
    if (how === "stream") raw.stream.close(constants.NGHTTP2_CANCEL);
    else raw.session.destroy();
    assert.equal(await outcome, "abort");
  });
}

test("a room without audio takes no uploads, nor from its muted users", async () => {
  await using kit = await startTestServer({ rooms: { r: { allowAudio: false }, m: { mutedUsers: ["alice"] } } });
  const connection = kit.connect();
  await assert.rejects(upload(connection, metadata(), chunk(1)), refusedWith(Code.PermissionDenied));
  await assert.rejects(upload(connection, metadata({ roomId: "m" }), chunk(1)), refusedWith(Code.PermissionDenied));
});

test("downloads: 404 for what is not there, whatever the path, and a token where one is wanted", async () => {
  const authenticate = (token: string | undefined) => {
    if (token !== "t") throw new Error("no");
    return "alice";
  };
  await using folder = await temporaryFolder();
  await using kit = await startTestServer({ authenticate, audioFolder: folder.path, publicUrl: "https://im.test/" });
  const { audioUrl, audioId } = await upload(kit.connect({ authorization: "Bearer t" }), metadata(), chunk(5));
  assert.equal(audioUrl, `https://im.test/audio/${audioId}`);
  const at = (path: string, headers = {}) => get(`${kit.server.url}${path}`, headers).then(({ status }) => status);
  assert.equal(await at(`/audio/${audioId}`), 401);
  const token = { authorization: "Bearer t" };
  assert.equal(await at(`/audio/${audioId}`, token), 200);
  assert.equal(await at(`/audio/${audioId}`, { ...token, ":method": "POST" }), 404);
  for (const path of ["/", "/audio/", "/audio/none", "/audio/..%2f..%2fetc%2fpasswd", "/audio/constructor"]) {
    assert.equal(await at(path, token), 404, path);
  }
});

test("the memory store forgets its oldest recordings, and refuses what has no room at all", async () => {
  const store = new MemoryAudioStore({ maxTotalBytes: 100 });
  const info = (audioId: string) => ({ audioId, userId: "", roomId: "", format: "", durationSeconds: 0 });
  for (const id of ["a", "b"]) {
    const writer = store.create(info(id));
    await writer.write(new Uint8Array(60));
    await writer.commit();
  }
  assert.deepEqual([store.open("a"), store.open("b")?.size], [undefined, 60]);
  const large = store.create(info("c"));
  assert.throws(() => large.write(new Uint8Array(101)), ConnectError);
});

test("a transcript is asked for by the first read, and goes through its states", async () => {
  const { promise: release, resolve } = Promise.withResolvers<void>();
  const { promise: started, resolve: start } = Promise.withResolvers<Buffer>();
  await using kit = await startTestServer({
    async transcribe({ open }) {
      start(await buffer(open()));
      await release;
      return { text: "hello", confidence: 0.9 };
    },
  });
  const connection = kit.connect();
  const { audioId } = await upload(connection, metadata(), chunk(3));
  const read = async () => (await connection.im.getAudioTranscript({ audioId, userId: "alice" })).transcription;
  assert.equal((await read())?.status, TranscriptStatus.PENDING);
  assert.deepEqual(await started, Buffer.alloc(3, 7));
  assert.equal((await read())?.status, TranscriptStatus.PROCESSING);
  resolve();
  let transcription = await read();
  while (transcription?.status === TranscriptStatus.PROCESSING) transcription = await read();
  const { status, text, confidence } = transcription ?? {};
  assert.deepEqual([status, text, confidence], [TranscriptStatus.COMPLETED, "hello", 0.9]);
});

test("a room may have its uploads transcribed unasked, and a hook that fails makes a failed transcript", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  await using kit = await startTestServer({
    rooms: { r: { autoTranscribe: true } },
    transcribe: async ({ audioId }) => {
      resolve(audioId);
      throw new Error("deaf");
    },
  });
  const connection = kit.connect();
  const { audioId } = await upload(connection, metadata(), chunk(3));
  assert.equal(await asked, audioId);
  let { transcription } = await connection.im.getAudioTranscript({ audioId });
  while (transcription?.status !== TranscriptStatus.FAILED) {
    ({ transcription } = await connection.im.getAudioTranscript({ audioId }));
  }
  assert.equal(transcription.text, "");
});

test("no transcript of an unknown recording, and none without a hook", async () => {
  await using kit = await startTestServer();
  const connection = kit.connect();
  const { audioId } = await upload(connection, metadata(), chunk(3));
  await assert.rejects(connection.im.getAudioTranscript({ audioId: "none" }), refusedWith(Code.NotFound));
  await assert.rejects(connection.im.getAudioTranscript({ audioId }), refusedWith(Code.FailedPrecondition));
});
