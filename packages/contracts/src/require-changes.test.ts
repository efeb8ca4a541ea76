import assert from "node:assert/strict";
import { test } from "node:test";
import { requireChanges } from "./require-changes.ts";

test("changes that can be made come back as they are", () => {
  const changes = [
    { key: "", value: new Uint8Array() },
    { key: "房间 😀", value: Buffer.from("x") },
    { key: "gone", value: undefined },
  ];
  assert.equal(requireChanges(changes), changes);
});

test("any other is refused by its key, what it is and what is allowed", () => {
  const bad: [object, string][] = [
    [{ key: 7, value: undefined }, "key of a change must be text without lone surrogates, got 7"],
    [{ key: "\ud800", value: undefined }, 'key of a change must be text without lone surrogates, got "\\ud800"'],
    [{ key: "a", value: "text" }, 'value of "a" must be a Uint8Array, or undefined to delete it, got "text"'],
    [{ key: "a", value: null }, 'value of "a" must be a Uint8Array, or undefined to delete it, got null'],
    [{ key: "a", value: [1] }, 'value of "a" must be a Uint8Array, or undefined to delete it, got an object'],
  ];
  for (const [change, message] of bad) {
    assert.throws(() => requireChanges([{ key: "right", value: undefined }, change as never]), {
      name: "TypeError",
      message,
    });
  }
});
