import assert from "node:assert/strict";
import { test } from "node:test";
import { hasCode } from "../test-kit/has-code.ts";
import { type OutboxOptions, resolveOutboxOptions } from "./outbox-options.ts";

test("the defaults are those of the documentation", () => {
  assert.deepEqual(resolveOutboxOptions(), {
    maxMessages: 10_000,
    maxBytes: 67_108_864,
    maxAgeMs: 600_000,
    whenFull: "wait",
    resendUnanswered: false,
  });
});

test("a bound that holds nothing and an unknown word are refused by name", () => {
  for (const maxMessages of [0, -1, Number.NaN]) {
    assert.throws(() => resolveOutboxOptions({ maxMessages }), hasCode("invalid_argument", "outbox.maxMessages"));
  }
  assert.throws(() => resolveOutboxOptions({ maxBytes: 0 }), hasCode("invalid_argument", "outbox.maxBytes", "0"));
  const options = { whenFull: "drop" } as unknown as OutboxOptions;
  assert.throws(() => resolveOutboxOptions(options), hasCode("invalid_argument", "outbox.whenFull", '"drop"'));
});
