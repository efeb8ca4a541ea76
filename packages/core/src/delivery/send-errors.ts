import { ConnectError } from "@connectrpc/connect";
import type { AckContent, MessageRequest } from "@im-sdk/gen";
import { ImError } from "../im-error.ts";

/** It left, and no answer came or can come. */
export function unanswered({ messageId }: MessageRequest, why: string): ImError {
  return new ImError("unknown", `message ${messageId} was sent, and whether it arrived is not known: ${why}`, {
    retryable: true,
  });
}

/** It never left, and never will. */
export function expired({ messageId }: MessageRequest, why: string): ImError {
  return new ImError("expired", `message ${messageId} was not sent: ${why}`);
}

/** There is no room for another, and its sender would not wait. */
export function outboxFull({ maxMessages, maxBytes }: { maxMessages: number; maxBytes: number }): ImError {
  const message = `the outbox is full (${maxMessages} messages, ${maxBytes} bytes): wait for receipts`;
  return new ImError("resource_exhausted", message, { retryable: true });
}

/** Its sender gave it up. */
export function canceled({ messageId }: MessageRequest, hadLeft: boolean): ImError {
  return new ImError("canceled", `message ${messageId} was cancelled ${hadLeft ? "after" : "before"} it had left`);
}

/** The server said no; `cause` has its status code. */
export function rejected({ messageId }: MessageRequest, ack: AckContent): ImError {
  const retryAfterMs =
    ack.retryAfter === undefined ? undefined : Number(ack.retryAfter.seconds) * 1000 + ack.retryAfter.nanos / 1e6;
  return new ImError("rejected", `the server refused message ${messageId}: ${ack.errorMessage}`, {
    retryable: retryAfterMs !== undefined,
    retryAfterMs,
    cause: new ConnectError(ack.errorMessage, ack.code >= 1 && ack.code <= 16 ? ack.code : undefined),
  });
}
