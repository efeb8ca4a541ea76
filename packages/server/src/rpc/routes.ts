import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { Health } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { createGrpcHealth } from "../health/grpc-health.ts";
import { tokenUserKey } from "../identity/caller.ts";
import type { ServiceContext } from "../service-context.ts";
import { createGetAudioTranscript } from "./get-audio-transcript.ts";
import { createGetRoomInfo } from "./get-room-info.ts";
import { createHealthCheck } from "./health-check.ts";
import { createJoinRoom, createLeaveRoom } from "./join-room.ts";
import { createListMessages } from "./list-messages.ts";
import { createSendMessage } from "./send-message.ts";
import { streamMessages } from "./stream-messages.ts";
import { createUploadAudio } from "./upload-audio.ts";

/** Ids, type, timestamp and field tags around the content of a frame. */
const frameOverheadBytes = 64 * 1024;

/** Registers all of `im.v1` and `grpc.health.v1`. */
export function createRoutes(context: ServiceContext): (router: ConnectRouter) => void {
  const { maxMessageBytes, maxUploadChunkBytes } = context.options.limits;
  // A message that is only somewhat too large is refused by name, on a stream that lives on; see postMessage.
  const readMaxBytes = Math.max(maxMessageBytes, maxUploadChunkBytes) + frameOverheadBytes;
  // Before the body is read: who has no token cannot make the server buffer anything.
  const requestGate = async (call: HandlerContext) => {
    call.values.set(tokenUserKey, await context.authenticator.userOf(call.requestHeader));
  };
  return (router) => {
    router.service(
      IMService,
      {
        streamMessages: (requests, call) => streamMessages(context, requests, call),
        sendMessage: createSendMessage(context),
        joinRoom: createJoinRoom(context),
        leaveRoom: createLeaveRoom(context),
        getRoomInfo: createGetRoomInfo(context),
        getAudioTranscript: createGetAudioTranscript(context),
        uploadAudio: createUploadAudio(context),
        healthCheck: createHealthCheck(context),
        listMessages: createListMessages(context),
      },
      { readMaxBytes, requestGate },
    );
    router.service(Health, createGrpcHealth(context.serving), { readMaxBytes: frameOverheadBytes });
  };
}
