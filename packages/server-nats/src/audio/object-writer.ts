import { createHash } from "node:crypto";
import { Code, ConnectError } from "@connectrpc/connect";
import type { AudioInfo, AudioWriter } from "@im-sdk/server";
import { nuid } from "@nats-io/transport-node";
import { isApiError } from "../api-error.ts";
import type { AudioBucket } from "./audio-bucket.ts";

/** How many chunks are on their way to NATS at a time. */
const maxChunksUnderWay = 4;

/** Writes a recording as an object, chunk by chunk; it can be found when it is committed. */
export class ObjectWriter implements AudioWriter {
  readonly #bucket: AudioBucket;
  readonly #info: AudioInfo;
  readonly #nuid = nuid.next();
  readonly #digest = createHash("sha256");
  readonly #maxChunkBytes: number;
  readonly #underWay = new Set<Promise<void>>();
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #size = 0;
  #chunks = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(bucket: AudioBucket, info: AudioInfo) {
    this.#bucket = bucket;
    this.#info = info;
    this.#maxChunkBytes = bucket.maxChunkBytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.byteLength > 0; ) {
      const piece = rest.subarray(0, this.#maxChunkBytes - this.#pieceBytes);
      rest = rest.subarray(piece.byteLength);
      this.#pieces.push(piece);
      this.#pieceBytes += piece.byteLength;
      if (this.#pieceBytes === this.#maxChunkBytes) await this.#send();
    }
    this.#throwFailure();
  }

  async commit(): Promise<void> {
    if (this.#pieceBytes > 0) await this.#send();
    await Promise.all(this.#underWay);
    this.#throwFailure();
    const { audioId, userId, roomId, format, durationSeconds } = this.#info;
    const digest = this.#digest.digest("base64").replaceAll("+", "-").replaceAll("/", "_");
    await this.#bucket
      .addFacts({
        bucket: this.#bucket.name,
        name: audioId,
        description: "",
        metadata: { userId, roomId, format, durationSeconds: String(durationSeconds) },
        options: { max_chunk_size: this.#maxChunkBytes },
        nuid: this.#nuid,
        size: this.#size,
        chunks: this.#chunks,
        digest: `SHA-256=${digest}`,
        mtime: new Date().toISOString(),
        deleted: false,
      })
      .catch((error: unknown) => {
        throw refusal(error);
      });
  }

  async abort(): Promise<void> {
    await Promise.all(this.#underWay);
    await this.#bucket.remove(this.#info.audioId, this.#nuid);
  }

  async #send(): Promise<void> {
    const chunk = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pieceBytes = 0;
    while (this.#underWay.size >= maxChunksUnderWay) await Promise.race(this.#underWay);
    this.#throwFailure();
    this.#digest.update(chunk);
    this.#size += chunk.byteLength;
    this.#chunks += 1;
    const sending: Promise<void> = this.#bucket
      .addChunk(this.#nuid, chunk)
      .catch((error: unknown) => {
        this.#failure ??= { error: refusal(error) };
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

function refusal(error: unknown): unknown {
  if (!isApiError(error, "full")) return error;
  const message = "no room for more recordings at the moment";
  return new ConnectError(message, Code.ResourceExhausted, undefined, undefined, error);
}
