import type { MessageResponse } from "@im-sdk/gen";

/**
 * A frame on its way to one stream or to many, with about the bytes that it takes. What has been encoded is kept here, for
 * the next stream, and goes when the last stream has written the frame.
 */
export interface OutgoingFrame {
  readonly message: MessageResponse;
  readonly bytes: number;
  /** Its gRPC envelope, once somebody has asked `envelopeOf` for it. */
  envelope?: Uint8Array;
  /** Its compressed envelopes by the name of the compression; a promise while one is being made. */
  compressed?: Map<string, Uint8Array | Promise<void>>;
}
