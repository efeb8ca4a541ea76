import type { MessageRequest } from "@im-sdk/gen";
import { isHeaderText, setIdHeader } from "../interceptors/id-header.ts";
import { introductionFrame } from "./control-frames.ts";
import type { JoinedRooms } from "./joined-rooms.ts";
import type { RoomPositions } from "./room-positions.ts";

/** What opens a stream: its metadata, and the frames that go first. */
export interface Greeting {
  header: Headers;
  frames: MessageRequest[];
}

export interface GreetingContext {
  userId: string;
  defaultRoomId: string | undefined;
  rooms: JoinedRooms;
  positions: RoomPositions;
  /** The server that was last connected resumes. */
  resumes: boolean;
}

/**
 * How to open a stream. After a server that resumes, also when that was in an earlier process, all rooms are joined by frames with their cursors, and the first
 * room is not named in the metadata: joined that way its live messages would come before the missed ones.
 */
export function composeGreeting({ userId, defaultRoomId, rooms, positions, resumes }: GreetingContext): Greeting {
  const header = new Headers();
  if (rooms.ids.some((roomId) => resumes || positions.isRestored(roomId))) {
    return { header, frames: rooms.ids.map((roomId) => rooms.joinFrame(roomId, true)) };
  }
  const roomId = defaultRoomId !== undefined && rooms.has(defaultRoomId) ? defaultRoomId : undefined;
  if (roomId !== undefined) setIdHeader(header, "room-id", roomId);
  // Plain servers cannot read a binary header, but know a user by the first frame.
  const isReadable = isHeaderText(userId) && (roomId === undefined || isHeaderText(roomId));
  if (isReadable) return { header, frames: [] };
  if (roomId !== undefined) return { header, frames: [rooms.joinFrame(roomId, false)] };
  return { header, frames: [introductionFrame(userId)] };
}
