import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "./fleet.ts";
import type { Ledger } from "./ledger.ts";
import { LogReader } from "./log-reader.ts";
import { roomsOf } from "./rooms.ts";

/** When nothing comes for so long, nothing more will come. */
const quietMs = 15_000;

/** After all faults are over: every send settles, every member gets what there is, and the rooms' logs are read as a whole. */
export async function makePeace(fleet: Fleet, ledger: Ledger): Promise<void> {
  let isSettled = false;
  void Promise.all(fleet.seats.map(({ participant }) => participant.finish())).then(() => {
    isSettled = true;
  });
  await untilQuiet(ledger, () => isSettled);
  await untilQuiet(ledger, () => ledger.isComplete);
  const logs = fleet.servers.flatMap((_, server) => roomsOf(server).map((roomId) => ({ server, roomId })));
  const readers = logs.flatMap(({ server, roomId }) => {
    const [seat] = fleet.seatsOf(server);
    return seat === undefined ? [] : [new LogReader(seat.participant.client, roomId, ledger)];
  });
  // Again, since what was given up may still come out of a connection that was taken for dead, to the log and then to members.
  await untilQuiet(ledger, async () => {
    for (const reader of readers) await reader.read();
    return ledger.isComplete;
  });
}

/** Until it is done, or there is no hope left that it will be; what is missing then is the ledger's to tell. */
async function untilQuiet(ledger: Ledger, isDone: () => boolean | Promise<boolean>): Promise<void> {
  let count = 0;
  for (let sinceMs = performance.now(); !(await isDone()) && performance.now() - sinceMs < quietMs; ) {
    if (ledger.receivedCount !== count) sinceMs = performance.now();
    count = ledger.receivedCount;
    await delay(100);
  }
}
