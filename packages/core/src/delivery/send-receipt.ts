/** How a send ended well. */
export interface SendReceipt {
  readonly messageId: string;
  /** `acknowledged`: the server has stored it. `written`: it was handed to HTTP/2, and the server gives no more. */
  readonly delivery: "acknowledged" | "written";
  /** Position in the room's log, when acknowledged. */
  readonly sequence?: bigint;
  /** Incarnation of the room's log, when acknowledged. */
  readonly epoch?: string;
}
