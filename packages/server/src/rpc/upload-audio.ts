import { setImmediate } from "node:timers/promises";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { AudioMetadata, IMService, UploadAudioRequest } from "@im-sdk/gen";
import type { AudioInfo, AudioWriter } from "../audio/audio-store.ts";
import { transportKey } from "../connection/connection.ts";
import { requireCaller, requireId } from "../identity/caller.ts";
import type { ResolvedLimits } from "../options/limits.ts";
import { toRefusal } from "../rooms/refusal.ts";
import { refuseMuted, requireAudio } from "../rooms/room-rules.ts";
import type { ServiceContext } from "../service-context.ts";

/** Takes a recording: its metadata, then the chunks. Whatever goes wrong, nothing of it is kept. */
export function createUploadAudio(context: ServiceContext): ServiceImpl<typeof IMService>["uploadAudio"] {
  return async (requests, call) => {
    const frames = requests[Symbol.asyncIterator]();
    const metadata = await firstFrame(frames);
    const info = checkMetadata(context, metadata, call);
    let writer: AudioWriter | undefined;
    try {
      writer = await context.audioStore.create(info);
      await writeChunks(frames, writer, Number(metadata.size), context.options.limits);
      await refuseCutOff(call);
      await writer.commit();
    } catch (error) {
      await abandon(context, writer);
      throw call.signal.aborted ? ConnectError.from(error, Code.Canceled) : toRefusal(error, context.options.logger);
    }
    await transcribeUnasked(context, info);
    const audioUrl = `${context.audioUrlPrefix}/audio/${info.audioId}`;
    return { status: { code: 0, message: "stored" }, audioId: info.audioId, audioUrl };
  };
}

async function firstFrame(frames: AsyncIterator<UploadAudioRequest>): Promise<AudioMetadata> {
  const first = await frames.next();
  if (first.done !== true && first.value.data.case === "metadata") return first.value.data.value;
  throw new ConnectError("an upload begins with its metadata", Code.InvalidArgument);
}

function checkMetadata(context: ServiceContext, metadata: AudioMetadata, call: HandlerContext): AudioInfo {
  const { maxIdLength, maxUploadBytes } = context.options.limits;
  const userId = requireCaller(call, metadata.userId, maxIdLength);
  const roomId = requireId("room_id", metadata.roomId, maxIdLength);
  if (metadata.format.length > maxIdLength) {
    throw new ConnectError(`format is longer than ${maxIdLength} characters`, Code.InvalidArgument);
  }
  const room = context.rooms.optionsOf(roomId);
  requireAudio(room, roomId);
  refuseMuted(room, roomId, userId);
  if (metadata.size > BigInt(maxUploadBytes)) throw tooLarge(maxUploadBytes);
  const { format, duration: durationSeconds } = metadata;
  return { audioId: context.newAudioId(), userId, roomId, format, durationSeconds };
}

async function writeChunks(
  frames: AsyncIterator<UploadAudioRequest>,
  writer: AudioWriter,
  declaredBytes: number,
  limits: ResolvedLimits,
): Promise<void> {
  let received = 0;
  for (let next = await frames.next(); next.done !== true; next = await frames.next()) {
    const { data } = next.value;
    if (data.case !== "chunk") throw new ConnectError("after the metadata come only chunks", Code.InvalidArgument);
    const chunk = data.value;
    if (chunk.byteLength > limits.maxUploadChunkBytes) {
      const message = `a chunk has ${chunk.byteLength} bytes: want at most ${limits.maxUploadChunkBytes}`;
      throw new ConnectError(message, Code.ResourceExhausted);
    }
    received += chunk.byteLength;
    if (received > limits.maxUploadBytes) throw tooLarge(limits.maxUploadBytes);
    if (declaredBytes > 0 && received > declaredBytes) throw wrongSize(declaredBytes, received);
    if (chunk.byteLength > 0) await writer.write(chunk);
  }
  if (declaredBytes > 0 && received !== declaredBytes) throw wrongSize(declaredBytes, received);
  if (received === 0) throw new ConnectError("the upload is empty", Code.InvalidArgument);
}

/**
 * The frames of a call that was reset end like those of a whole one, and the signal aborts only afterwards. A client on
 * Node even ends its side in order before it resets the stream: only a declared size tells such an upload from a whole one.
 */
async function refuseCutOff(call: HandlerContext): Promise<void> {
  const transport = call.values.get(transportKey);
  await setImmediate();
  call.signal.throwIfAborted();
  if (transport?.isOpen() === false) throw new ConnectError("the upload was cut off", Code.Canceled);
}

async function abandon(context: ServiceContext, writer: AudioWriter | undefined): Promise<void> {
  try {
    await writer?.abort();
  } catch (error) {
    context.options.logger.error("an unfinished recording cannot be removed", { error });
  }
}

async function transcribeUnasked(context: ServiceContext, { audioId, roomId }: AudioInfo): Promise<void> {
  if (context.transcripts === undefined || !context.rooms.optionsOf(roomId).autoTranscribe) return;
  try {
    const audio = await context.audioStore.open(audioId);
    if (audio !== undefined) context.transcripts.request(audio);
  } catch (error) {
    // The upload is whole; its transcript can still be asked for.
    context.options.logger.warn("a transcription could not be asked for", { audio: audioId, error });
  }
}

function tooLarge(maxUploadBytes: number): ConnectError {
  return new ConnectError(`an upload may have ${maxUploadBytes} bytes at the most`, Code.ResourceExhausted);
}

function wrongSize(declaredBytes: number, received: number): ConnectError {
  return new ConnectError(`size is ${declaredBytes}, but ${received} bytes came`, Code.InvalidArgument);
}
