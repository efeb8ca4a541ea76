import { randomUUID } from "node:crypto";
import type { MessageResponse } from "@im-sdk/gen";
import type { Appended } from "@im-sdk/server";
import { headers, type Msg } from "@nats-io/transport-node";
import type { NatsLink } from "./nats-link.ts";
import type { PublishAnswer } from "./publish-answer.ts";
import type { Incarnation } from "./room-stream.ts";
import { duplicateId, encodeMessage, type StoredAt } from "./stored-message.ts";
import { tooLarge } from "./unavailable.ts";

/** The header by which a storage knows its own messages again. */
const tokenHeader = "Im-Append";
/** More than our headers take of what NATS takes as a message. */
const headerBytes = 256;

/** A message on its way into a stream. */
export interface PendingAppend {
  readonly token: string;
  /** JetStream keeps one message of those that share it. */
  readonly messageId: string;
  readonly data: Uint8Array;
  readonly deadlineMs: number;
  readonly appended: PromiseWithResolvers<Appended>;
  answer: Extract<PublishAnswer, { kind: "stored" }> | undefined;
  /** Why it was not taken. */
  refusal: string | undefined;
  /** Our own copy, as the feed told it. */
  stored: StoredAt | undefined;
  /** What is said once all before it have been answered. */
  outcome: (() => void) | undefined;
  isLookedUp: boolean;
}

export function pendingAppend(
  message: MessageResponse,
  duplicateKey: string | undefined,
  deadlineMs: number,
): PendingAppend {
  return {
    token: randomUUID(),
    // Without a key it still may have to be published again.
    messageId: duplicateKey === undefined ? randomUUID() : duplicateId(message.fromUserId, duplicateKey),
    data: encodeMessage(message),
    deadlineMs,
    appended: Promise.withResolvers(),
    answer: undefined,
    refusal: undefined,
    stored: undefined,
    outcome: undefined,
    isLookedUp: false,
  };
}

/** Throws RESOURCE_EXHAUSTED when NATS would not take the message. */
export function checkSize({ connection }: NatsLink, { data }: PendingAppend): void {
  const max = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  if (data.length + headerBytes <= max) return;
  throw tooLarge(`the message has ${data.length} bytes, and NATS takes ${max}: see max_payload`);
}

/** Sends a message on its way, or again; the answer comes to who expects it for the token. */
export function publishAppend(link: NatsLink, { subject, epoch }: Incarnation, pending: PendingAppend): void {
  const { token, messageId, data } = pending;
  const header = headers();
  header.set("Nats-Msg-Id", messageId);
  header.set(tokenHeader, token);
  link.connection.publish(subject, data, { headers: header, reply: link.replySubject(token, epoch) });
}

/** The token of a message that was stored. */
export function tokenOf(message: Msg): string {
  return message.headers?.get(tokenHeader) ?? "";
}
