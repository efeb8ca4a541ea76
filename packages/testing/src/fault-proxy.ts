/** Where bytes flow: `up` is from client to server, `down` from server to client. */
export type FaultDirection = "both" | "up" | "down";

/** A TCP proxy whose network a test can spoil and mend. Every fault holds for present and future connections. */
export interface FaultProxy extends AsyncDisposable {
  /** Where to connect instead of to the target, such as `127.0.0.1:40123`. */
  readonly address: string;
  readonly port: number;
  /** Connections that are open on either side. */
  readonly connections: number;
  /** Bytes that have arrived and are held back, over all connections. */
  readonly heldBytes: number;
  /** Resets every present connection (RST) on both sides, or closes it where its end is just being written; new ones are welcome. */
  cut(): void;
  /**
   * Lets nothing through any more, no bytes, no end and no reset, while connections stay open and new ones are accepted: a
   * host that vanished, a half-open connection. Adds to an earlier stall of the other direction.
   */
  stall(direction?: FaultDirection): void;
  /** Ends every stall; what was held is delivered in order. */
  resume(): void;
  /** Holds all bytes for `ms` in each direction, so a round trip takes twice that longer. 0 ends it. */
  delay(ms: number): void;
  /** Limits each connection to a rate in each direction. `Infinity` ends it. */
  throttle(bytesPerSecond: number): void;
  /** Refuses new connections (ECONNREFUSED) as a host without the process does; present ones go on. */
  refuse(): void;
  /** Listens again, on the same port. Rejects when that was taken meanwhile. */
  accept(): Promise<void>;
  /** Ends the proxy and every connection; nothing is left that would keep the process alive. */
  close(): Promise<void>;
}
