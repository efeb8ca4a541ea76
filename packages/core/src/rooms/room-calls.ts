import { type Client, createContextValues } from "@connectrpc/connect";
import type { GetRoomInfoResponse, IMService, JoinRoomResponse, LeaveRoomResponse } from "@im-sdk/gen";
import { requireId, requireMetadata } from "../check-argument.ts";
import type { Connection } from "../connection/connection.ts";
import type { Link } from "../connection/link.ts";
import { routeObserverKey } from "../connection/routed-transport.ts";
import type { RoomPosition } from "../delivery/gap.ts";
import type { JoinedRooms } from "../delivery/joined-rooms.ts";
import type { RoomPositions } from "../delivery/room-positions.ts";
import { callWithStatus, type RequestOptions } from "../unary-call.ts";

export interface RoomCallsOptions {
  userId: string;
  service: Client<typeof IMService>;
  connection: Connection;
  rooms: JoinedRooms;
  positions: RoomPositions;
  requestTimeoutMs: number;
}

/** Joining, leaving and looking at rooms by unary calls. */
export class RoomCalls {
  readonly #options: RoomCallsOptions;

  constructor(options: RoomCallsOptions) {
    this.#options = options;
  }

  async join(roomId: string, metadata: Record<string, string>, options: RequestOptions): Promise<JoinRoomResponse> {
    const { rooms, positions, connection } = this.#options;
    requireId("roomId", roomId);
    requireMetadata(metadata);
    // What came late from an earlier membership is not where this one begins, unless an earlier process has left it here.
    if (!rooms.has(roomId) && !positions.isRestored(roomId)) positions.forget(roomId);
    for (;;) {
      const cursor = positions.isRestored(roomId) ? positions.resumePoint(roomId) : undefined;
      const { response, link } = await this.#join(roomId, metadata, options, cursor?.position);
      // Membership belongs to the connection: one that was replaced meanwhile did not take this room along.
      if (connection.link !== link && connection.state === "connected") continue;
      rooms.add(roomId, metadata);
      if (cursor === undefined) positions.onJoined(roomId, response);
      else if (response.head === undefined) positions.onRejoinedBlindly(roomId);
      else positions.onResumed(roomId, response, cursor);
      return response;
    }
  }

  /** Joins on the connection of the moment without remembering it. */
  async #join(roomId: string, metadata: Record<string, string>, options: RequestOptions, cursor?: RoomPosition) {
    const { service, userId, requestTimeoutMs } = this.#options;
    let link: Link | undefined;
    const contextValues = createContextValues().set(routeObserverKey, (used) => {
      link = used;
    });
    const response = await callWithStatus(`joining ${roomId}`, options, requestTimeoutMs, (call) =>
      service.joinRoom({ userId, roomId, metadata, ...(cursor && { cursor }) }, { ...call, contextValues }),
    );
    return { response, link };
  }

  /** Joins again after a reconnect to a server that does not resume. */
  async rejoin(roomId: string): Promise<void> {
    await this.#join(roomId, this.#options.rooms.metadataOf(roomId), {});
  }

  async leave(roomId: string, options: RequestOptions): Promise<LeaveRoomResponse> {
    const { service, rooms, positions, userId, requestTimeoutMs } = this.#options;
    requireId("roomId", roomId);
    // First of all: a reconnect while the call is under way must not join again.
    rooms.delete(roomId);
    return callWithStatus(`leaving ${roomId}`, options, requestTimeoutMs, (call) =>
      service.leaveRoom({ userId, roomId }, call),
    ).finally(() => {
      // What was on its way meanwhile has begun a cursor anew.
      if (!rooms.has(roomId)) positions.forget(roomId);
    });
  }

  async info(roomId: string, options: RequestOptions): Promise<GetRoomInfoResponse> {
    const { service, userId, requestTimeoutMs } = this.#options;
    requireId("roomId", roomId);
    return callWithStatus(`looking at ${roomId}`, options, requestTimeoutMs, (call) =>
      service.getRoomInfo({ userId, roomId }, call),
    );
  }
}
