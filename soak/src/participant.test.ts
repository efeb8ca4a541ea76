import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "./ledger.ts";
import { Participant } from "./participant.ts";
import { Random } from "./random.ts";

test("deadlines and settlements are written down by a clock that is never set", async (t) => {
  const ledger = new Ledger({ members: new Map([["lobby", ["ann"]]]), durable: true });
  const sent = t.mock.method(ledger, "sent");
  const settled = t.mock.method(ledger, "settled");
  const participant = new Participant(0, {
    userId: "ann",
    rooms: ["lobby"],
    address: "127.0.0.1:1",
    random: new Random(1),
    ledger,
    onAcknowledged() {},
  });
  const { promise: isSettled, resolve } = Promise.withResolvers<void>();
  settled.mock.mockImplementation(() => resolve());
  const startedAtMs = performance.now();
  const finished = participant.finish().catch(() => {});
  await participant.client.disconnect({ timeoutMs: 1 });
  await Promise.all([finished, isSettled]);
  const endedAtMs = performance.now();
  const [message] = sent.mock.calls[0]?.arguments ?? [];
  const tenMinutesMs = 600_000;
  const deadlineAtMs = message?.deadlineAtMs ?? 0;
  assert.ok(startedAtMs + tenMinutesMs <= deadlineAtMs && deadlineAtMs <= endedAtMs + tenMinutesMs, `${deadlineAtMs}`);
  const settledAtMs = settled.mock.calls[0]?.arguments[2] ?? 0;
  assert.ok(startedAtMs <= settledAtMs && settledAtMs <= endedAtMs, `${settledAtMs}`);
});
