import type { Msg } from "@nats-io/transport-node";

/** What JetStream says to a message that was published. */
export type PublishAnswer =
  | { readonly kind: "stored"; readonly sequence: bigint; readonly duplicate: boolean }
  /** Nobody listens there: the stream is gone, or JetStream is away. */
  | { readonly kind: "nobody" }
  | { readonly kind: "refused"; readonly reason: string };

const decoder = new TextDecoder();

/** See https://docs.nats.io/reference/reference-protocols/nats_api_reference. */
export function publishAnswerOf({ data, headers }: Msg): PublishAnswer {
  if (data.length === 0)
    return headers?.code === 503 ? { kind: "nobody" } : { kind: "refused", reason: "an empty answer" };
  const { seq, duplicate, error } = JSON.parse(decoder.decode(data));
  if (error !== undefined) return { kind: "refused", reason: String(error.description) };
  return { kind: "stored", sequence: BigInt(seq), duplicate: duplicate === true };
}
