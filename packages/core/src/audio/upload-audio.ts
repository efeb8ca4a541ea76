import type { Client } from "@connectrpc/connect";
import { ConnectError, createContextValues } from "@connectrpc/connect";
import type { IMService, UploadAudioResponse } from "@im-sdk/gen";
import { requireId, requireTimeoutMs } from "../check-argument.ts";
import { ImError } from "../im-error.ts";
import { assertSuccess } from "../response-status.ts";
import { lastingBytesKey } from "../transport/lasting-bytes.ts";
import { audioChunks } from "./audio-chunks.ts";
import { type AudioSource, openAudioSource } from "./audio-source.ts";

export interface UploadProgress {
  readonly sentBytes: number;
  /** Undefined when the source does not say how long it is. */
  readonly totalBytes: number | undefined;
}

export interface UploadOptions {
  /** Container or codec, such as `opus`, `mp3`, `wav`. */
  format: string;
  /** Length of the recording in seconds; default 0, which means not known. */
  durationSeconds?: number;
  /** Called after each chunk has been taken for sending. One that throws or rejects fails the upload. */
  onProgress?: (progress: UploadProgress) => unknown;
  /** Gives the upload up; the server keeps nothing of it. */
  signal?: AbortSignal;
  /** Deadline of the whole upload; none by default. */
  timeoutMs?: number;
}

export interface UploadContext {
  userId: string;
  service: Client<typeof IMService>;
}

/**
 * Sends a recording as one client stream: metadata, chunks of 32 KiB, half-close. Reads the source no faster than the
 * server takes it, and closes it when the upload fails. Never tried again by itself, since the source can be read only
 * once.
 */
export async function uploadAudio(
  { userId, service }: UploadContext,
  roomId: string,
  source: AudioSource,
  options: UploadOptions,
): Promise<UploadAudioResponse> {
  requireId("roomId", roomId);
  const format = requireId("format", options?.format);
  const { durationSeconds = 0, onProgress, signal } = options;
  if (!(durationSeconds >= 0)) {
    throw new ImError("invalid_argument", `durationSeconds must be a number from 0 up, got ${durationSeconds}`);
  }
  const timeoutMs = options.timeoutMs === undefined ? 0 : requireTimeoutMs("timeoutMs", options.timeoutMs);
  const { sizeBytes: totalBytes, bytes, isLasting } = await openAudioSource(source);
  // What the transport throws into the frames when the call ends is not the source's doing.
  let ownFailure: { reason: unknown } | undefined;
  const ours = (reason: unknown) => {
    ownFailure = { reason };
    return reason;
  };

  let hasBegun = false;

  async function* watchedBytes() {
    hasBegun = true;
    try {
      for await (const piece of bytes) yield piece;
    } catch (reason) {
      throw ours(reason);
    }
  }

  async function* frames() {
    const metadata = { userId, roomId, format, size: BigInt(totalBytes ?? 0), duration: durationSeconds };
    yield { data: { case: "metadata" as const, value: metadata } };
    let sentBytes = 0;
    for await (const chunk of audioChunks(watchedBytes())) {
      yield { data: { case: "chunk" as const, value: chunk } };
      sentBytes += chunk.byteLength;
      try {
        await onProgress?.({ sentBytes, totalBytes });
      } catch (reason) {
        throw ours(reason);
      }
    }
  }

  const what = `uploading to ${roomId}`;
  try {
    const contextValues = createContextValues().set(lastingBytesKey, isLasting);
    const call = { timeoutMs, contextValues, ...(signal === undefined ? {} : { signal }) };
    const response = await service.uploadAudio(frames(), call);
    assertSuccess(response.status, what);
    return response;
  } catch (reason) {
    if (ownFailure !== undefined && !signal?.aborted) throw ownError(what, ownFailure.reason);
    throw ImError.fromCall(reason, what, signal);
  } finally {
    if (!hasBegun) void abandon(bytes);
  }
}

/** Closes a source of which nothing was read. Only begun and left does every kind close what it holds open. */
async function abandon(bytes: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of bytes) break;
  } catch {
    // The upload has failed already, and said why.
  }
}

function ownError(what: string, reason: unknown): ImError {
  if (reason instanceof ImError) return reason;
  const why = ConnectError.from(reason).rawMessage;
  return new ImError("aborted", `${what}: the source or onProgress failed: ${why}`, {
    retryable: false,
    cause: reason,
  });
}
