import type { Clock } from "@im-sdk/contracts";
import { AckPolicy, type ConsumerConfig, DeliverPolicy, ReplayPolicy } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsLink } from "./nats-link.ts";
import { inTime } from "./try-servers.ts";

/** A consumer that is to be made, and what is particular to it. */
export interface ConsumerToAdd extends Pick<ConsumerConfig, "deliver_subject" | "max_deliver" | "flow_control"> {
  readonly stream: string;
  readonly name: string;
  readonly subject: string;
  /** Position of the first message that it gives. */
  readonly from: bigint;
  /** It goes by itself when nobody has listened for so long. */
  readonly inactiveMs: number;
  readonly heartbeatMs?: number;
}

/** Has a consumer made that nobody needs after its reader; rejects with a LateError when it is not there in time. */
export async function addConsumer(
  link: NatsLink,
  clock: Clock,
  { stream, name, subject, from, inactiveMs, heartbeatMs, ...particular }: ConsumerToAdd,
  timeoutMs: number,
): Promise<void> {
  const config = {
    name,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: Number(from),
    filter_subject: subject,
    ack_policy: AckPolicy.None,
    replay_policy: ReplayPolicy.Instant,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(inactiveMs),
    ...(heartbeatMs !== undefined && { idle_heartbeat: nanos(heartbeatMs) }),
    ...particular,
  };
  await link.inTurn(() => inTime(clock, link.call(link.manager.consumers.add(stream, config)), timeoutMs));
}
