import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasCode } from "../test-kit/has-code.ts";
import {
  type InboxOptions,
  type MessagesOptions,
  resolveInboxOptions,
  resolveMessagesOptions,
} from "./inbox-options.ts";

test("the defaults are those of the documentation", () => {
  for (const resolve of [resolveInboxOptions, resolveMessagesOptions]) {
    assert.deepEqual(resolve(), { maxQueued: 1_000, whenFull: "pause" });
    assert.deepEqual(resolve({}), { maxQueued: 1_000, whenFull: "pause" });
  }
});

test("what is given is taken", () => {
  const bounds = { maxQueued: 1, whenFull: "drop-oldest" } as const;
  assert.deepEqual(resolveInboxOptions(bounds), bounds);
  assert.deepEqual(resolveMessagesOptions({ roomId: "r", ...bounds }), bounds);
  assert.deepEqual(resolveMessagesOptions({ whenFull: "close" }), { maxQueued: 1_000, whenFull: "close" });
});

describe("refused by name, value and what is allowed", () => {
  test("is a bound that is no count", () => {
    for (const maxQueued of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      const words = [String(maxQueued), "an integer from 1 up"];
      assert.throws(() => resolveInboxOptions({ maxQueued }), hasCode("invalid_argument", "inbox.maxQueued", ...words));
      assert.throws(() => resolveMessagesOptions({ maxQueued }), hasCode("invalid_argument", "maxQueued", ...words));
    }
  });

  test("is a word that says nothing", () => {
    const inbox = { whenFull: "drop" } as unknown as InboxOptions;
    assert.throws(
      () => resolveInboxOptions(inbox),
      hasCode("invalid_argument", "inbox.whenFull", '"drop"', '"pause" or "drop-oldest"'),
    );
    assert.throws(
      () => resolveMessagesOptions(inbox as MessagesOptions),
      hasCode("invalid_argument", "whenFull", '"drop"', '"pause", "drop-oldest" or "close"'),
    );
  });

  test("is to close listeners, with the reason", () => {
    const inbox = { whenFull: "close" } as unknown as InboxOptions;
    assert.throws(
      () => resolveInboxOptions(inbox),
      hasCode("invalid_argument", "inbox.whenFull", '"close"', '"pause" or "drop-oldest"', "loops over messages()"),
    );
  });

  test("is an inbox that is no object", () => {
    for (const inbox of [null, 7, "pause"]) {
      assert.throws(
        () => resolveInboxOptions(inbox as unknown as InboxOptions),
        hasCode("invalid_argument", "inbox", String(inbox), "an object of options"),
      );
    }
  });
});
