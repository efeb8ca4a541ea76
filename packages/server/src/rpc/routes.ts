import type { ConnectRouter } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { Health } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { createGrpcHealth } from "../health/grpc-health.ts";
import type { ServiceContext } from "../service-context.ts";
import { callRules, frameOverheadBytes } from "./call-rules.ts";
import { createGetAudioTranscript } from "./get-audio-transcript.ts";
import { createGetRoomInfo } from "./get-room-info.ts";
import { createHealthCheck } from "./health-check.ts";
import { createJoinRoom, createLeaveRoom } from "./join-room.ts";
import { createListMessages } from "./list-messages.ts";
import { createSendMessage } from "./send-message.ts";
import { streamMessages } from "./stream-messages.ts";
import { createUploadAudio } from "./upload-audio.ts";

/** Registers all of `im.v1` and `grpc.health.v1`. */
export function createRoutes(context: ServiceContext): (router: ConnectRouter) => void {
  const rules = callRules(context);
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
      rules,
    );
    router.service(Health, createGrpcHealth(context.serving), { readMaxBytes: frameOverheadBytes });
  };
}
