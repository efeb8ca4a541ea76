import { systemClock } from "@im-sdk/contracts";
import { CreationLock } from "../creation-lock.ts";
import type { NatsLink } from "../nats-link.ts";
import { RoomStream } from "../room-stream.ts";
import { logOptions } from "./room.ts";

/** The stream of room `r`, which is not made yet. */
export function streamOn(link: NatsLink, clock = systemClock): RoomStream {
  const { retention } = logOptions();
  const lock = new CreationLock({ link, clock, bucket: "im_locks", replicas: 1 });
  return new RoomStream({ link, lock, clock, prefix: "im", roomId: "r", replicas: 1, appendTimeoutMs: 1, retention });
}
