import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { IMService } from "@im-sdk/gen";
import { requireCaller } from "../identity/caller.ts";
import { postMessage } from "../rooms/post-message.ts";
import { toRefusal } from "../rooms/refusal.ts";
import type { ServiceContext } from "../service-context.ts";

/** Posts one message without a stream. A second call with the same `message_id` gets the first answer. */
export function createSendMessage(context: ServiceContext): ServiceImpl<typeof IMService>["sendMessage"] {
  return async (request, call) => {
    const { roomId, type, content, metadata, ackRequired } = request;
    const userId = requireCaller(call, request.userId, context.options.limits.maxIdLength);
    // The field is an extension: a plain server would not see it.
    const messageId = context.plain ? "" : request.messageId;
    try {
      const posted = postMessage(context, { messageId, userId, roomId, type, content, metadata, ackRequired });
      const { sequence, epoch, timestampMs } = await posted.appended;
      return {
        messageId: posted.messageId,
        timestamp: timestampFromMs(timestampMs),
        status: { code: 0, message: "stored" },
        ...(context.plain ? {} : { sequence, epoch }),
      };
    } catch (error) {
      throw toRefusal(error, context.options.logger);
    }
  };
}
