import { type Fault, type FaultKind, isServerTrouble } from "./fault-plan.ts";
import type { Fleet, Seat } from "./fleet.ts";
import { type Hold, inflictOnNetwork, inflictOnServer } from "./inflict.ts";
import type { Progress } from "./progress.ts";
import { Slots } from "./slots.ts";

/** No fault lasts longer, however little gets through meanwhile. */
const maxHoldMs = 3_000;

/** A stall lasts until it is noticed, but not for ever: a client that is between two connections has none to lose. */
const maxNoticeMs = 6_000;

export interface ChaosOptions {
  readonly fleet: Fleet;
  readonly plan: Iterable<Fault>;
  readonly faults: number;
  readonly acknowledged: Progress;
}

/**
 * Lets so many faults of the plan happen, two on networks and one on a server at a time at the most, so that some clients always
 * get through. Resolves when all are over; an abort ends them early. Returns how often each kind happened.
 */
export async function runChaos(
  options: ChaosOptions,
  signal: AbortSignal,
): Promise<Partial<Record<FaultKind, number>>> {
  const { fleet, plan, faults, acknowledged } = options;
  const counts: Partial<Record<FaultKind, number>> = {};
  const onNetworks = new Slots(2);
  const onServers = new Slots(1);
  const running: Promise<void>[] = [];
  for (const fault of plan) {
    if (running.length === faults) break;
    await acknowledged.more(fault.spacing, signal);
    const slots = isServerTrouble(fault.trouble) ? onServers : onNetworks;
    await slots.take();
    if (signal.aborted) break;
    counts[fault.trouble.kind] = (counts[fault.trouble.kind] ?? 0) + 1;
    running.push(inflict(fault, fleet, acknowledged, signal).finally(() => slots.free()));
  }
  await Promise.all(running);
  return counts;
}

function inflict(fault: Fault, fleet: Fleet, acknowledged: Progress, signal: AbortSignal): Promise<void> {
  const { trouble, target } = fault;
  const hold: Hold = {
    traffic: () => acknowledged.more(fault.hold, AbortSignal.any([signal, AbortSignal.timeout(maxHoldMs)])),
    noticed: (seats) => noticed(seats, AbortSignal.any([signal, AbortSignal.timeout(maxNoticeMs)])),
  };
  if (isServerTrouble(trouble)) {
    const [server, seats] = [fleet.servers[target], fleet.seatsOf(target)];
    return server === undefined ? Promise.resolve() : inflictOnServer(trouble, server, seats, hold);
  }
  const seat = fleet.seats[target];
  return seat === undefined ? Promise.resolve() : inflictOnNetwork(trouble, seat, hold);
}

/** All of them have lost their connections since now. */
async function noticed(seats: readonly Seat[], signal: AbortSignal): Promise<void> {
  await Promise.all(seats.map(({ participant }) => participant.disconnected(signal)));
}
