import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { hasCode } from "../test-kit/has-code.ts";
import { type AudioSource, openAudioSource } from "./audio-source.ts";

const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 13) % 256);

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "im-audio-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** The size it says, and whether its bytes are the ones above. */
async function read(source: AudioSource): Promise<{ sizeBytes: number | undefined; isSame: boolean }> {
  const { sizeBytes, bytes: content } = await openAudioSource(source);
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return { sizeBytes, isSame: Buffer.compare(Buffer.concat(parts), bytes) === 0 };
}

test("bytes, a Buffer and a Blob know their size", async () => {
  const whole = { sizeBytes: bytes.byteLength, isSame: true };
  assert.deepEqual(await read(bytes), whole);
  assert.deepEqual(await read(Buffer.from(bytes)), whole);
  assert.deepEqual(await read(new Blob([bytes.subarray(0, 1_000), bytes.subarray(1_000)])), whole);
});

test("a file knows its size, too", async (t) => {
  const path = join(await folder(t), "voice.opus");
  await writeFile(path, bytes);
  assert.deepEqual(await read({ path }), { sizeBytes: bytes.byteLength, isSame: true });
});

test("a web stream, a generator and a stream of Node do not know their size", async (t) => {
  const unknown = { sizeBytes: undefined, isSame: true };
  async function* generator() {
    yield bytes.subarray(0, 99);
    yield bytes.subarray(99);
  }
  assert.deepEqual(await read(new Blob([bytes]).stream() as ReadableStream<Uint8Array>), unknown);
  assert.deepEqual(await read(generator()), unknown);
  const path = join(await folder(t), "voice.opus");
  await writeFile(path, bytes);
  // It has a `path` as well; it is read as the stream that it is.
  assert.deepEqual(await read(createReadStream(path)), unknown);
});

test("a missing file is not_found and names its path", async (t) => {
  const path = join(await folder(t), "missing.opus");
  await assert.rejects(openAudioSource({ path }), hasCode("not_found", path, "ENOENT"));
});

test("a directory is invalid_argument and names its path", async (t) => {
  const path = await folder(t);
  await assert.rejects(openAudioSource({ path }), hasCode("invalid_argument", path));
});

test("a file that goes away before it is read fails when it is read, and only then", async (t) => {
  const path = join(await folder(t), "voice.opus");
  await writeFile(path, bytes);
  const opened = await openAudioSource({ path });
  await rm(path);
  await assert.rejects(async () => {
    for await (const _ of opened.bytes);
  }, /ENOENT/);
});

test("anything else is invalid_argument and says what is wanted", async () => {
  for (const source of [undefined, null, "voice.opus", 7, {}, { path: 7 }, [1, 2], new ArrayBuffer(8)]) {
    await assert.rejects(openAudioSource(source as AudioSource), hasCode("invalid_argument", "source", "{ path }"));
  }
});
