import { createHash } from "node:crypto";
import type { AudioBucket, ObjectFacts } from "./audio-bucket.ts";

/**
 * The bytes of an object, of which two chunks at most are in memory. Throws when a chunk is not there any more, when the bytes
 * are not those that were stored, or when NATS does not answer.
 */
export async function* readObject(bucket: AudioBucket, facts: ObjectFacts): AsyncGenerator<Uint8Array, void> {
  const digest = createHash("sha256");
  let from = 1;
  for (let read = 0; read < facts.chunks; read += 1) {
    const chunk = await bucket.chunk(facts.nuid, from);
    if (chunk === undefined) {
      throw new Error(`recording ${facts.name} is not whole any more: chunk ${read + 1} of ${facts.chunks} is gone`);
    }
    from = chunk.sequence + 1;
    digest.update(chunk.data);
    yield chunk.data;
  }
  if (digest.digest().compare(Buffer.from(facts.digest.replace("SHA-256=", ""), "base64url")) !== 0) {
    throw new Error(`recording ${facts.name} is damaged: its bytes are not those that were stored`);
  }
}
