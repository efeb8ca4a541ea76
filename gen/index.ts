export * from "./src/im/v1/audio_pb.ts";
export * from "./src/im/v1/content_pb.ts";
export * from "./src/im/v1/health_pb.ts";
export * from "./src/im/v1/history_pb.ts";
export * from "./src/im/v1/message_pb.ts";
export * from "./src/im/v1/room_pb.ts";
export * from "./src/im/v1/service_pb.ts";
export * from "./src/im/v1/status_pb.ts";
