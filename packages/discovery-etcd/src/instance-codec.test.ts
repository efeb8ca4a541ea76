import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance } from "@im-sdk/testing";
import { decodeInstance, encodeInstance } from "./instance-codec.ts";

const decode = (entry: unknown) => decodeInstance("im-service", "a", JSON.stringify(entry));
const bare = createInstance("a", { health: "unknown" });

test("what is written is read again", () => {
  const instance = createInstance("a", {
    address: "fd00::1",
    tags: ["北"],
    metadata: { weight: "5" },
    health: "unhealthy",
  });
  assert.deepEqual(decodeInstance("im-service", "a", encodeInstance(instance)), instance);
});

test("what Go leaves out or writes as null is as good as empty, and more fields are no harm", () => {
  const entry = { id: "a", name: "im-service", address: "127.0.0.1", port: 8083 };
  assert.deepEqual(decode(entry), bare);
  assert.deepEqual(decode({ ...entry, tags: null, metadata: null, health: null, version: 7 }), bare);
  assert.deepEqual(decode({ ...entry, tags: "none", metadata: [], health: "great" }), bare);
});

test("metadata of another type than text is its JSON, and name and id are those of the key", () => {
  const { metadata, name, id } = decode({ ...bare, id: "b", name: "else", metadata: { weight: 5, on: true } });
  assert.deepEqual([metadata, name, id], [{ weight: "5", on: "true" }, "im-service", "a"]);
});

test("what cannot be connected to says why", () => {
  for (const entry of [null, [], "text", 5]) assert.throws(() => decode(entry), /no JSON object/);
  assert.throws(() => decodeInstance("im-service", "a", "not json"), SyntaxError);
  assert.throws(() => decode({ ...bare, address: undefined }), /address .* got undefined/);
  assert.throws(() => decode({ ...bare, port: "8083" }), /port .* got "8083"/);
  assert.throws(() => decode({ ...bare, port: 65_536 }), /port .* got 65536/);
});
