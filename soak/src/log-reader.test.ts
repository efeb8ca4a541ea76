import assert from "node:assert/strict";
import { test } from "node:test";
import type { ImClient, ImMessage, ListMessagesOptions } from "@im-sdk/core";
import { LogReader } from "./log-reader.ts";
import { History, log, slackMs } from "./test-kit/history.ts";

type Stored = Pick<ImMessage, "id" | "epoch" | "sequence">;

/** A client of a server whose log of the lobby is `stored`, all of ann's. */
function clientOf(stored: Stored[], asked: ListMessagesOptions[] = []): Pick<ImClient, "listMessages"> {
  return {
    async *listMessages(roomId, options = {}) {
      asked.push(options);
      const { after } = options;
      for (const message of stored) {
        if (after !== undefined && (message.sequence ?? 0n) <= after.sequence) continue;
        yield { roomId, fromUserId: "ann", ...message } as ImMessage;
      }
    },
  };
}

test("a log is read on from where it was read to, and nothing of it is taken twice", async () => {
  const { ledger } = new History()
    .send("a", "b")
    .acknowledge("a", 1)
    .acknowledge("b", 2)
    .deliver("a", 1)
    .deliver("b", 2);
  const stored: Stored[] = [{ id: "a", epoch: log, sequence: 1n }];
  const asked: ListMessagesOptions[] = [];
  const reader = new LogReader(clientOf(stored, asked), "lobby", ledger);
  await reader.read();
  assert.equal(ledger.isComplete, false);
  stored.push({ id: "b", epoch: log, sequence: 2n });
  await reader.read();
  await reader.read();
  assert.equal(ledger.isComplete, true);
  assert.deepEqual(
    asked.map(({ after }) => after?.sequence),
    [undefined, 1n, 2n],
  );
  assert.deepEqual(ledger.close({ slackMs }).violations.examples, []);
});

test("a log that cannot be read is an error, told once", async () => {
  const { ledger } = new History();
  const reader = new LogReader(clientOf([{ id: "a" }]), "lobby", ledger);
  await reader.read();
  await reader.read();
  const { violations } = ledger.close({ slackMs });
  assert.deepEqual(violations.examples, ["errors: the history of lobby cannot be read: Error: a has no position"]);
});
