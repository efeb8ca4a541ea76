import { summaryOf } from "../measures/summary.ts";
import type { FailoverTurn } from "../turns/failover.ts";
import { takeTurn } from "../turns/take-turn.ts";
import type { Bench, Size } from "./bench.ts";

const kills: Record<Size, number> = { full: 20, quick: 1 };

/** How soon a client goes on when its server dies. */
export const failover: Bench = {
  about:
    "From SIGKILL of the server that a client is connected to, to the acknowledgement of its next message by another one.",
  run: async ({ size, tell }) => {
    tell("killing servers");
    const times = await takeTurn<number[]>("failover.ts", { kills: kills[size] } satisfies FailoverTurn);
    return [{ measure: "failover", subject: "@im-sdk/core", unit: "ms", ...summaryOf(times) }];
  },
};
