import assert from "node:assert/strict";
import type { RoomLog } from "@im-sdk/server";
import { idsOf, messageOf, type toldBy } from "./room.ts";

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

/** All that was acknowledged is stored, once and in order, nothing was refused, and those who follow were told just that. */
export async function checkAppended(
  log: RoomLog,
  writers: readonly ReturnType<typeof appendOn>[],
  told: readonly Awaited<ReturnType<typeof toldBy>>[],
): Promise<void> {
  const stored = await idsOf(log);
  const kept = new Set(stored);
  assert.equal(kept.size, stored.length, "none twice");
  for (const { name, acknowledged, refused } of writers) {
    const lost = acknowledged.filter((id) => !kept.has(id));
    assert.deepEqual([lost, refused], [[], []]);
    const numbers = stored.filter((id) => id.startsWith(name)).map((id) => Number(id.slice(1)));
    const inOrder = numbers.toSorted((one, other) => one - other);
    assert.deepEqual(numbers, inOrder, "in the order of the calls");
  }
  for (const each of told) {
    await each.until(stored.at(-1) ?? "");
    assert.deepEqual(each.ids, stored);
  }
}
