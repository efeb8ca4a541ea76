// For authors of stores.
export type { AudioInfo, AudioStore, AudioWriter, StoredAudio } from "./audio/audio-store.ts";
export { FolderAudioStore } from "./audio/folder-audio-store.ts";
export { MemoryAudioStore, type MemoryAudioStoreOptions } from "./audio/memory-audio-store.ts";
export type { Transcribe, TranscribeRequest } from "./audio/transcripts.ts";
export type { Authenticate } from "./identity/authenticator.ts";
export type { Capability } from "./identity/capabilities.ts";
export type { ImServer } from "./im-server.ts";
export { startImServer } from "./im-server.ts";
export { createImServiceRoutes } from "./im-service-routes.ts";
export type { Appended, LogEntry, LogHead, LogRange, OpenRoomLog, RoomLog } from "./log/room-log.ts";
export type { LogFields, Logger } from "./logger.ts";
export type { MaybePromise } from "./maybe-promise.ts";
export type { ImServerOptions, TlsOptions } from "./options/im-server-options.ts";
export type { ImServiceOptions } from "./options/im-service-options.ts";
export type { Limits } from "./options/limits.ts";
export type { Retention } from "./options/retention.ts";
export type { RoomOptions } from "./options/room-options.ts";
export type { Member, Presence, PresenceChange } from "./presence/presence.ts";
