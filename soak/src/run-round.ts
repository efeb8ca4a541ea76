import { monitorEventLoopDelay } from "node:perf_hooks";
import { runChaos } from "./chaos.ts";
import { type FaultKind, planFaults } from "./fault-plan.ts";
import { Fleet, membersOfRooms } from "./fleet.ts";
import { Ledger } from "./ledger.ts";
import { makePeace } from "./make-peace.ts";
import { Progress } from "./progress.ts";
import { Random } from "./random.ts";
import type { LogKind } from "./server-process.ts";
import type { Violations } from "./violations.ts";

export interface RoundOptions {
  readonly seed: number;
  /** Acknowledged at the least. */
  readonly messages: number;
  readonly log: LogKind;
  /** Hears how far it has come. */
  readonly tell?: (line: string) => void;
}

/** What happened in a round, and what of it must not have. */
export interface RoundReport {
  readonly seed: number;
  readonly seconds: number;
  readonly messages: ReturnType<Ledger["count"]>;
  /** Received after later ones of the same sender, who had given them up. */
  readonly late: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly reconnects: number;
  readonly violations: Violations;
}

/** One fault for so many messages. */
const messagesPerFault = 800;

/** Progress is told for so many messages, and at least ten times in a round, so that no watcher takes a slow one for hung. */
const messagesPerWord = 5_000;

/** A round in which nothing at all gets through for so long is stuck: many times what the longest fault takes. */
const stuckMs = 60_000;

/** How late a send may settle, beside what this process itself was held up by. */
const slackMs = 500;

/** Servers, clients, traffic and faults, from a seed; then peace, and the account. An abort ends faults and traffic early. */
export async function runRound(options: RoundOptions, signal: AbortSignal): Promise<RoundReport> {
  const ledger = new Ledger({ members: membersOfRooms(), durable: options.log === "disk" });
  const onRejection = (reason: unknown) => ledger.failed(`unhandled rejection: ${reason}`);
  process.on("unhandledRejection", onRejection);
  const lag = monitorEventLoopDelay();
  lag.enable();
  const startedAt = performance.now();
  try {
    const { faults, reconnects } = await live(options, ledger, signal);
    return {
      seed: options.seed,
      seconds: (performance.now() - startedAt) / 1_000,
      messages: ledger.count(),
      ...ledger.close({ slackMs: slackMs + lag.max / 1e6 }),
      faults,
      reconnects,
    };
  } finally {
    lag.disable();
    process.off("unhandledRejection", onRejection);
  }
}

async function live({ seed, messages, log, tell = () => {} }: RoundOptions, ledger: Ledger, signal: AbortSignal) {
  const random = new Random(seed);
  const plan = new Random(random.seed());
  const acknowledged = new Progress();
  const perWord = Math.min(messagesPerWord, Math.ceil(messages / 10));
  const onAcknowledged = () => {
    acknowledged.advance();
    if (acknowledged.count % perWord === 0) tell(`${acknowledged.count} of ${messages} messages are acknowledged`);
  };
  await using fleet = await Fleet.start({ random, ledger, log, onAcknowledged });
  tell("everybody is in");
  const faults = await storm({ messages, acknowledged, fleet, plan }, ledger, signal);
  tell(`all faults are over, ${acknowledged.count} messages are acknowledged`);
  await makePeace(fleet, ledger);
  tell("everything is settled");
  return { faults, reconnects: fleet.seats.reduce((sum, { participant }) => sum + participant.reconnects, 0) };
}

/** Traffic and faults, until there was enough of both. */
async function storm(
  { messages, acknowledged, fleet, plan }: { messages: number; acknowledged: Progress; fleet: Fleet; plan: Random },
  ledger: Ledger,
  signal: AbortSignal,
): Promise<RoundReport["faults"]> {
  const { servers, seats } = fleet;
  using stuck = watch(acknowledged, () => ledger.failed(`nothing was acknowledged for ${stuckMs / 1_000} s`));
  const stop = AbortSignal.any([signal, stuck.signal]);
  const talking = new AbortController();
  const talks = Promise.all(seats.map(({ participant }) => participant.talk(talking.signal)));
  const faults = await runChaos(
    {
      fleet,
      plan: planFaults(plan, seats.length, servers.length),
      faults: Math.ceil(messages / messagesPerFault),
      acknowledged,
    },
    stop,
  );
  await acknowledged.more(messages - acknowledged.count, stop);
  talking.abort();
  await talks;
  return faults;
}

/** A signal that aborts once there was no progress for too long. */
function watch(progress: Progress, onStuck: () => void): Disposable & { readonly signal: AbortSignal } {
  const stuck = new AbortController();
  let last = progress.count;
  const timer = setInterval(() => {
    if (progress.count !== last) {
      last = progress.count;
      return;
    }
    if (!stuck.signal.aborted) onStuck();
    stuck.abort();
  }, stuckMs);
  return { signal: stuck.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
