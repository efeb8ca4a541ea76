import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import { callerOf } from "../identity/caller.ts";
import { toRefusal } from "../rooms/refusal.ts";
import type { ServiceContext } from "../service-context.ts";

/**
 * Reads a recording's transcript as it stands, and asks for it when nobody has: PENDING, PROCESSING, then COMPLETED or
 * FAILED. NOT_FOUND for an unknown recording, FAILED_PRECONDITION on a server without a `transcribe` hook.
 */
export function createGetAudioTranscript(context: ServiceContext): ServiceImpl<typeof IMService>["getAudioTranscript"] {
  return async ({ audioId, userId }, call) => {
    callerOf(call, userId);
    if (audioId === "") throw new ConnectError("audio_id is empty", Code.InvalidArgument);
    try {
      const audio = await context.audioStore.open(audioId);
      if (audio === undefined) throw new ConnectError(`recording "${audioId}" is not here`, Code.NotFound);
      if (context.transcripts === undefined) {
        throw new ConnectError("this server makes no transcripts", Code.FailedPrecondition);
      }
      return { status: { code: 0, message: "found" }, transcription: context.transcripts.request(audio) };
    } catch (error) {
      throw toRefusal(error, context.options.logger);
    }
  };
}
