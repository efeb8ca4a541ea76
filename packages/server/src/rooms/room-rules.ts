import { Code, ConnectError } from "@connectrpc/connect";
import type { ResolvedRoomOptions } from "../options/room-options.ts";

/** Throws PERMISSION_DENIED when the user may not write in the room. */
export function refuseMuted(options: ResolvedRoomOptions, roomId: string, userId: string): void {
  if (options.mutedUsers.has(userId)) {
    throw new ConnectError(`user "${userId}" is muted in room "${roomId}"`, Code.PermissionDenied);
  }
}

/** Throws PERMISSION_DENIED when the room takes no recordings. */
export function requireAudio(options: ResolvedRoomOptions, roomId: string): void {
  if (!options.allowAudio) throw new ConnectError(`room "${roomId}" does not allow audio`, Code.PermissionDenied);
}

/** Throws PERMISSION_DENIED when the room takes no formatted text. */
export function requireRichText(options: ResolvedRoomOptions, roomId: string): void {
  if (!options.allowRichText) {
    throw new ConnectError(`room "${roomId}" does not allow rich text`, Code.PermissionDenied);
  }
}
