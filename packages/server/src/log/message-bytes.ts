import type { MessageResponse } from "@im-sdk/gen";

/** Ids, type, timestamp, position and the object around them. */
const fixedBytes = 128;

/** About what a frame takes in memory and on the wire; cheap, since it is asked for every frame. */
export function messageBytes(message: Pick<MessageResponse, "content" | "metadata">): number {
  return fixedBytes + payloadBytes(message);
}

/** What of a frame its sender chose the size of: content and metadata. */
export function payloadBytes(message: Pick<MessageResponse, "content" | "metadata">): number {
  let bytes = message.content.byteLength;
  for (const key in message.metadata) bytes += key.length + (message.metadata[key]?.length ?? 0);
  return bytes;
}
