import type { FaultDirection } from "@im-sdk/testing";
import type { Random } from "./random.ts";

/** What can go wrong on the way between a client and its server. */
export type NetworkTrouble =
  | { readonly kind: "cut" }
  /** `untilNoticed`: it lasts until the client has given the connection up. */
  | { readonly kind: "stall"; readonly direction: FaultDirection; readonly untilNoticed: boolean }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "throttle"; readonly bytesPerSecond: number }
  | { readonly kind: "refuse" };

/** What can happen to a server. */
export type ServerTrouble =
  /** `deaf`: which of its clients heard nothing for a while before, and has to send again what the server has stored. */
  | { readonly kind: "kill"; readonly deaf: number | undefined }
  | { readonly kind: "freeze"; readonly untilNoticed: boolean; readonly thenKill: boolean }
  | { readonly kind: "drain" };

/** One thing that goes wrong, and when: in messages acknowledged, not in seconds. */
export interface Fault {
  /** On the way of a client, or to a server. */
  readonly trouble: NetworkTrouble | ServerTrouble;
  /** Which of the clients or servers, counted from 0. */
  readonly target: number;
  /** Messages acknowledged before it begins, since the one before it began. */
  readonly spacing: number;
  /** Messages acknowledged before it ends. */
  readonly hold: number;
}

export type FaultKind = Fault["trouble"]["kind"];

type Card = (random: Random) => Fault["trouble"];

const directions: readonly FaultDirection[] = ["up", "down", "both"];

/** Dealt again and again in a new order, so that every kind comes in every run of that many. */
const deck: readonly Card[] = [
  ...repeat(5, () => ({ kind: "cut" })),
  ...directions.flatMap((direction): Card[] => [
    () => ({ kind: "stall", direction, untilNoticed: false }),
    () => ({ kind: "stall", direction, untilNoticed: true }),
  ]),
  ...repeat(2, (random) => ({ kind: "delay", ms: random.int(5, 150) })),
  ...repeat(2, (random) => ({ kind: "throttle", bytesPerSecond: random.int(20_000, 200_000) })),
  ...repeat(2, () => ({ kind: "refuse" })),
  () => ({ kind: "kill", deaf: undefined }),
  ...repeat(2, (random) => ({ kind: "kill", deaf: random.int(0, 2) })),
  () => ({ kind: "freeze", untilNoticed: false, thenKill: false }),
  () => ({ kind: "freeze", untilNoticed: true, thenKill: false }),
  () => ({ kind: "freeze", untilNoticed: false, thenKill: true }),
  ...repeat(2, () => ({ kind: "drain" })),
];

/** So many faults in a row have every kind among them. */
export const deckSize = deck.length;

/** Faults without end, on so many clients and servers. */
export function* planFaults(random: Random, clients: number, servers: number): Generator<Fault, never> {
  for (;;) {
    for (const card of random.shuffle(deck)) {
      const trouble = card(random);
      const target = random.int(0, (isServerTrouble(trouble) ? servers : clients) - 1);
      yield { trouble, target, spacing: random.int(50, 500), hold: random.int(50, 800) };
    }
  }
}

export function isServerTrouble(trouble: Fault["trouble"]): trouble is ServerTrouble {
  return trouble.kind === "kill" || trouble.kind === "freeze" || trouble.kind === "drain";
}

function repeat(times: number, card: Card): Card[] {
  return Array.from({ length: times }, () => card);
}
