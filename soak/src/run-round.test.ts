import assert from "node:assert/strict";
import { test } from "node:test";
import { deckSize } from "./fault-plan.ts";
import { runRound } from "./run-round.ts";

/** A busy machine may take a multiple of what a quiet one needs, which is half a minute. */
const timeout = 600_000;

/** Told at once, unlike diagnostics, so that nobody takes a slow machine for one that hangs. */
const tell = (line: string) => console.log(line);

const never = new AbortController().signal;

test("of 20,000 messages through a storm of faults none is lost, twice, out of order or unaccounted for", {
  timeout,
}, async (t) => {
  const { violations, messages, faults, reconnects, seconds } = await runRound(
    { seed: 1, messages: 20_000, log: "disk", tell },
    never,
  );
  t.diagnostic(`${messages.sent} messages in ${seconds.toFixed(1)} s, ${reconnects} reconnects`);
  assert.deepEqual(violations.examples, []);
  assert.equal(violations.total, 0);
  // That it was a storm.
  const { cut = 0, stall = 0, kill = 0, freeze = 0, drain = 0, refuse = 0, delay = 0, throttle = 0 } = faults;
  assert.ok(Object.values(faults).reduce((sum, count) => sum + count, 0) >= deckSize);
  assert.deepEqual({ cut: cut >= 5, stall: stall >= 6, kill: kill >= 3 }, { cut: true, stall: true, kill: true });
  assert.ok(Math.min(freeze, drain, refuse, delay, throttle) >= 2, JSON.stringify(faults));
  // Three clients lose their connections with every server that is killed.
  assert.ok(reconnects >= 3 * kill, `${reconnects} reconnects`);
  assert.ok(messages.acknowledged >= 20_000 && messages.gaps === 0);
  assert.ok(Math.min(messages.rejected, messages.expired, messages.unknown, messages.canceled) > 0);
});

test("where logs die with their servers, every message that was lost is within a gap that was told", {
  timeout,
}, async () => {
  const told: string[] = [];
  const { violations, messages, faults } = await runRound(
    { seed: 1, messages: 5_000, log: "memory", tell: (line) => [told.push(line), tell(line)] },
    never,
  );
  assert.deepEqual(violations.examples, []);
  assert.ok((faults.kill ?? 0) > 0 && messages.gaps > 0);
  // Its progress is told all the time.
  assert.ok(told.filter((line) => /^\d+ of 5000 messages are acknowledged$/.test(line)).length >= 10, told.join("\n"));
});
