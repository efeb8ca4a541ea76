import { styleText } from "node:util";
import type { FaultKind } from "./fault-plan.ts";
import type { RoundReport } from "./run-round.ts";
import { type ViolationKind, violationKinds } from "./violations.ts";

/** All rounds of a run together. */
export interface Tally {
  readonly seeds: readonly number[];
  readonly seconds: number;
  readonly messagesPerSecond: number;
  readonly messages: RoundReport["messages"];
  readonly late: number;
  readonly faults: Record<FaultKind, number>;
  readonly reconnects: number;
  readonly violations: Record<ViolationKind, number>;
  readonly examples: readonly string[];
  /** Seeds of the rounds in which something was wrong. */
  readonly failedSeeds: readonly number[];
}

export function tallyOf(reports: readonly RoundReport[]): Tally {
  const sum = <K extends string>(keys: readonly K[], of: (report: RoundReport) => Partial<Record<K, number>>) =>
    Object.fromEntries(
      keys.map((key) => [key, reports.reduce((total, report) => total + (of(report)[key] ?? 0), 0)]),
    ) as Record<K, number>;
  const total = (of: (report: RoundReport) => number) => reports.reduce((so, report) => so + of(report), 0);
  const messages = sum(
    messageRows.map(([key]) => key),
    (report) => report.messages,
  );
  const seconds = total((report) => report.seconds);
  return {
    seeds: reports.map(({ seed }) => seed),
    seconds,
    messagesPerSecond: Math.round(messages.sent / Math.max(seconds, 0.001)),
    messages,
    late: total(({ late }) => late),
    faults: sum(faultKinds, (report) => report.faults),
    reconnects: total(({ reconnects }) => reconnects),
    violations: sum(Object.keys(violationKinds) as ViolationKind[], (report) => report.violations.counts),
    examples: reports.flatMap(({ seed, violations }) => violations.examples.map((line) => `seed ${seed}, ${line}`)),
    failedSeeds: reports.filter(({ violations }) => violations.total > 0).map(({ seed }) => seed),
  };
}

/** For people. */
export function formatTally(tally: Tally, repeat: (seed: number) => string): string {
  const { seeds, seconds, messages, late, faults, reconnects, violations, examples, failedSeeds } = tally;
  const isSound = failedSeeds.length === 0;
  return [
    `${seeds.length} ${seeds.length === 1 ? "round" : "rounds"} in ${seconds.toFixed(1)} s, seed ${seeds.join(", ")}`,
    "",
    "messages",
    ...messageRows.map(([key, words]) => row(messages[key], words)),
    row(late, "given up by their senders, and received after later ones of theirs"),
    row(tally.messagesPerSecond, "sent a second"),
    "",
    "faults",
    ...faultKinds.map((kind) => row(faults[kind], kind)),
    row(reconnects, "connections made again"),
    "",
    "violations",
    ...(Object.keys(violationKinds) as ViolationKind[]).map((kind) =>
      row(violations[kind], `${kind.padEnd(11)} ${styleText("dim", violationKinds[kind])}`, violations[kind] > 0),
    ),
    ...(examples.length === 0 ? [] : ["", ...examples]),
    "",
    isSound
      ? styleText(["green", "bold"], "every message is accounted for")
      : [styleText(["red", "bold"], "NOT all is accounted for; to try again:"), ...failedSeeds.map(repeat)].join(
          "\n  ",
        ),
  ].join("\n");
}

const messageRows = [
  ["sent", "sent, until enough were acknowledged and all faults were over"],
  ["acknowledged", "acknowledged"],
  ["rejected", "rejected"],
  ["expired", "expired"],
  ["unknown", "unknown"],
  ["unknownDelivered", "of them received"],
  ["canceled", "canceled"],
  ["canceledDelivered", "of them received, having left before"],
  ["received", "received, by all members together"],
  ["gaps", "gaps told"],
] as const;

const faultKinds: readonly FaultKind[] = ["cut", "stall", "delay", "throttle", "refuse", "kill", "freeze", "drain"];

function row(count: number, words: string, isBad = false): string {
  const figure = String(count).padStart(9);
  return `${isBad ? styleText("red", figure) : figure}  ${words}`;
}
