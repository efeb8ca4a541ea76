import { setTimeout as delay } from "node:timers/promises";
import type { ImClient } from "@im-sdk/core";
import type { Fleet } from "./fleet.ts";
import type { Ledger, ReceivedMessage } from "./ledger.ts";
import { roomsOf } from "./rooms.ts";

/** When nothing comes for so long, nothing more will come. */
const quietMs = 15_000;

/** A server that tells positions that it does not know again would be asked for ever. */
const historyMs = 60_000;

/** After all faults are over: every send settles, every member gets what there is, and the rooms' logs are read as a whole. */
export async function makePeace(fleet: Fleet, ledger: Ledger): Promise<void> {
  let isSettled = false;
  void Promise.all(fleet.seats.map(({ participant }) => participant.finish())).then(() => {
    isSettled = true;
  });
  await untilQuiet(ledger, () => isSettled);
  await untilQuiet(ledger, () => ledger.isComplete);
  for (const [server, process] of fleet.servers.entries()) {
    const [seat] = fleet.seatsOf(server);
    if (seat === undefined) continue;
    for (const roomId of roomsOf(server)) {
      await history(seat.participant.client, roomId).then(
        (stored) => ledger.archived(roomId, stored),
        (error) => ledger.failed(`the history of ${roomId} cannot be read: ${error}`),
      );
    }
    for (const line of await process.problems()) ledger.failed(`server ${server}: ${line}`);
  }
}

/** Until it is done, or there is no hope left that it will be; what is missing then is the ledger's to tell. */
async function untilQuiet(ledger: Ledger, isDone: () => boolean): Promise<void> {
  let count = 0;
  for (let sinceMs = performance.now(); !isDone() && performance.now() - sinceMs < quietMs; ) {
    if (ledger.receivedCount !== count) sinceMs = performance.now();
    count = ledger.receivedCount;
    await delay(100);
  }
}

async function history(client: ImClient, roomId: string): Promise<Pick<ReceivedMessage, "id" | "position">[]> {
  const stored = [];
  const options = { pageSize: 1_000, signal: AbortSignal.timeout(historyMs) };
  for await (const { id, epoch = "", sequence = 0n } of client.listMessages(roomId, options)) {
    stored.push({ id, position: { epoch, sequence } });
  }
  return stored;
}
