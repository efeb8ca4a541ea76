import { randomUUID } from "node:crypto";
import type { AudioStore } from "./audio/audio-store.ts";
import { FolderAudioStore } from "./audio/folder-audio-store.ts";
import { MemoryAudioStore } from "./audio/memory-audio-store.ts";
import { Transcripts } from "./audio/transcripts.ts";
import { Connection } from "./connection/connection.ts";
import { ServingState } from "./health/serving-state.ts";
import { Authenticator } from "./identity/authenticator.ts";
import { RateLimiter } from "./limits/rate-limiter.ts";
import { MemoryRoomLog } from "./log/memory-room-log.ts";
import type { ResolvedServiceOptions } from "./options/im-service-options.ts";
import { MemoryPresence } from "./presence/memory-presence.ts";
import type { Presence } from "./presence/presence.ts";
import { announce } from "./rooms/fan-out.ts";
import { Memberships } from "./rooms/memberships.ts";
import { Rooms } from "./rooms/rooms.ts";
import { presenceEvent } from "./rooms/system-events.ts";
import { followStorage } from "./storage/follow-storage.ts";
import { StreamDirectory } from "./stream/stream-directory.ts";

/** What the handlers of all calls share. */
export interface ServiceContext {
  readonly options: ResolvedServiceOptions;
  /** No extension is offered: the plain contract only. */
  readonly plain: boolean;
  readonly authenticator: Authenticator;
  readonly serving: ServingState;
  readonly rooms: Rooms;
  readonly presence: Presence;
  readonly memberships: Memberships;
  readonly streams: StreamDirectory;
  /** Stands for the HTTP/2 session where an app's own server hides it: one for all users. */
  readonly sharedConnection: Connection;
  readonly rateLimiter: RateLimiter;
  readonly audioStore: AudioStore;
  readonly transcripts: Transcripts | undefined;
  /** Unguessable ids of recordings. */
  readonly newAudioId: () => string;
  /** Begins every `audio_url`; the listener fills it in once it knows its port. */
  audioUrlPrefix: string;
  /** Stops every timer, and closes all but the storage. */
  close(): void;
}

/** Puts the parts of a service together. */
export function createServiceContext(options: ResolvedServiceOptions): ServiceContext {
  const { limits, retention, logger, clock, storage } = options;
  const presence = storage?.presence ?? new MemoryPresence();
  const rooms = new Rooms({
    openLog: (roomId, log) => storage?.openLog(roomId, log) ?? new MemoryRoomLog(log),
    hasLog: (roomId) => storage?.hasLog?.(roomId) ?? false,
    clock,
    logger,
    retention,
    maxRooms: limits.maxRooms,
    configured: options.rooms,
    defaultRoom: options.defaultRoom,
  });
  const unwatch = presence.watch((change) => {
    const room = rooms.find(change.roomId);
    if (room !== undefined) announce(presenceEvent(change, clock.now()), room.subscriptions, change.member.userId);
  });
  const serving = new ServingState();
  const unfollow = followStorage(storage, serving, logger);
  const { messagesPerSecond, burst } = limits;
  const rate = messagesPerSecond === undefined ? undefined : { ratePerSecond: messagesPerSecond, burst };
  const { transcribe } = options;
  const now = () => clock.now();
  const transcripts = transcribe && new Transcripts({ transcribe, logger, now });
  return {
    options,
    plain: options.capabilities.size === 0,
    authenticator: new Authenticator(options.authenticate, logger),
    serving,
    rooms,
    presence,
    memberships: new Memberships({ rooms, presence, logger, now, maxRoomsPerUser: limits.maxRoomsPerUser }),
    streams: new StreamDirectory(),
    sharedConnection: new Connection({ forgetsOldest: true }),
    rateLimiter: new RateLimiter(rate, clock),
    audioStore: options.audioStore ?? defaultAudioStore(options.audioFolder),
    transcripts,
    newAudioId: randomUUID,
    audioUrlPrefix: options.publicUrl ?? "",
    close() {
      unwatch();
      unfollow();
      transcripts?.close();
      rooms.close();
    },
  };
}

function defaultAudioStore(folder: string | undefined): AudioStore {
  return folder === undefined ? new MemoryAudioStore() : new FolderAudioStore(folder);
}
