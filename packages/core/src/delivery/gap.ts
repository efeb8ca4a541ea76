/** A position in a room's log. */
export interface RoomPosition {
  readonly epoch: string;
  readonly sequence: bigint;
}

/** Messages of a room that this client, or a slow consumer in it, may have missed and will not get by itself. */
export interface Gap {
  readonly roomId: string;
  /**
   * Why they are missing:
   *
   * - `not_in_log`: what the server gave of the room's log leaves them out; it no longer reaches back that far, or is a new one
   * - `no_cursor`: the room was joined again with nothing to resume from, as on a server that tells no positions
   * - `slow_consumer`: a loop or the `message` listeners, with `whenFull: "drop-oldest"`, were too slow. Only they missed them, and
   *   `listMessages` still has them, as far as the server's history reaches
   */
  readonly reason: "not_in_log" | "no_cursor" | "slow_consumer";
  /** The last position before it; undefined when none was known. */
  readonly after: RoomPosition | undefined;
  /**
   * The position up to which messages may be missing, though some of them may still come. Sequence 0 of another epoch is
   * the beginning of a new log: the end of the old one is lost. Undefined when what is missing has no positions: on a server that
   * tells none, and where a slow consumer missed system events only.
   */
  readonly upTo: RoomPosition | undefined;
}
