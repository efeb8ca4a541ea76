import type { ResolvedRetention } from "@im-sdk/server";
import { DiscardPolicy, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";

/** What a stream's settings come from. */
export interface StreamSettings extends ResolvedRetention {
  readonly roomId: string;
  readonly replicas: number;
  /** How long a message may be published again. */
  readonly appendTimeoutMs: number;
}

/** The shortest that JetStream takes. */
const minMs = 100;

/**
 * The settings of a room's stream. No `max_bytes`: JetStream sets aside as much as that for every stream, and a few thousand rooms
 * would have its disk taken while they are empty; see `RoomStream.dropOverfull`.
 */
export function streamConfig(settings: StreamSettings) {
  const { roomId, replicas, ttlMs, duplicateWindowMs, appendTimeoutMs, maxMessages } = settings;
  const ageMs = Math.max(ttlMs, minMs);
  return {
    description: `room ${JSON.stringify(roomId).slice(0, 1024)}`,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    num_replicas: replicas,
    max_age: nanos(ageMs),
    max_msgs: maxMessages,
    // JetStream takes no window that is longer than the age.
    duplicate_window: nanos(Math.min(Math.max(duplicateWindowMs, appendTimeoutMs, minMs), ageMs)),
  };
}
