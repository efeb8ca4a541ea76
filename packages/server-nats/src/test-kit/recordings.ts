import assert from "node:assert/strict";
import type { AudioInfo, AudioStore, ServerStorage } from "@im-sdk/server";

/** Stores a recording of some chunks; resolves with its bytes. */
export async function saveRecording({ audioStore = assert.fail() }: ServerStorage, audioId: string): Promise<Buffer> {
  const bytes = Buffer.alloc(300_000, audioId);
  const info: AudioInfo = { audioId, userId: "ann", roomId: "r", format: "opus", durationSeconds: 1 };
  const writer = await audioStore.create(info);
  await writer.write(bytes);
  await writer.commit();
  return bytes;
}

/** The bytes of a recording. */
export async function readRecording(store: ServerStorage, audioId: string): Promise<Buffer> {
  const audioStore: AudioStore = store.audioStore ?? assert.fail();
  const audio = (await audioStore.open(audioId)) ?? assert.fail(`there is no ${audioId}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of audio.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
