import type { RoomLog } from "@im-sdk/server";
import { messageOf } from "./room.ts";

/** Appends messages without end, so many at a time, until told to stop; has the ids that were acknowledged, and those refused. */
export function appendOn(log: RoomLog, name: string, atOnce = 50) {
  const acknowledged: string[] = [];
  const refused: string[] = [];
  let stopped = false;
  let next = 0;
  const work = async () => {
    while (!stopped) {
      const id = `${name}${next++}`;
      await Promise.resolve(log.append(messageOf(id), id)).then(
        () => acknowledged.push(id),
        () => refused.push(id),
      );
    }
  };
  const workers = Promise.all(Array.from({ length: atOnce }, work));
  return {
    name,
    acknowledged,
    refused,
    async untilAcknowledged(count: number) {
      while (acknowledged.length < count) await new Promise(setImmediate);
    },
    async stop() {
      stopped = true;
      await workers;
    },
  };
}
