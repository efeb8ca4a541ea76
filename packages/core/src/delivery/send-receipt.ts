import type { AckContent, MessageRequest } from "@im-sdk/gen";

/** The server has stored the message. */
export interface AcknowledgedReceipt {
  readonly messageId: string;
  readonly delivery: "acknowledged";
  /** Position in the room's log. */
  readonly sequence: bigint;
  /** Incarnation of the room's log. */
  readonly epoch: string;
}

/** The message was handed to HTTP/2, and the server gives no more. */
export interface WrittenReceipt {
  readonly messageId: string;
  readonly delivery: "written";
  readonly sequence?: undefined;
  readonly epoch?: undefined;
}

/** How a send ended well, told apart by `delivery`. */
export type SendReceipt = AcknowledgedReceipt | WrittenReceipt;

export function acknowledged({ messageId }: MessageRequest, { sequence, epoch }: AckContent): AcknowledgedReceipt {
  return { messageId, delivery: "acknowledged", sequence, epoch };
}
