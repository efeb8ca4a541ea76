import assert from "node:assert/strict";
import { test } from "node:test";
import { createInstance } from "@im-sdk/testing";
import { hasCode } from "../test-kit/has-code.ts";
import { toServiceInstance, toServiceInstances } from "./service-address.ts";

test("host:port is an instance that is its own id", () => {
  assert.deepEqual(toServiceInstance("im.example.com:65535", "chat"), {
    id: "im.example.com:65535",
    name: "chat",
    address: "im.example.com",
    port: 65_535,
    tags: [],
    metadata: {},
    health: "unknown",
  });
  assert.equal(toServiceInstance("[fd00::1]:80", "chat").address, "fd00::1");
});

test("an instance stays as it is", () => {
  const instance = createInstance("a");
  assert.equal(toServiceInstance(instance, "other"), instance);
});

const addresses = ["", "localhost", "localhost:", ":8083", "localhost:0", "localhost:65536", "localhost:-1", "a b:80"];

for (const address of [...addresses, "http://localhost:8083", "::1:8083", "localhost:80a", "localhost:8083/"]) {
  test(`"${address}" is no address, and the error says so`, () => {
    assert.throws(() => toServiceInstance(address, "chat"), hasCode("invalid_argument", "services", `"${address}"`));
  });
}

test("an instance that cannot be connected to is refused by the field that is wrong, and its value", () => {
  const bad: [object, string, string][] = [
    [{ id: "" }, "id", '""'],
    [{ id: 7 }, "id", "7"],
    [{ address: "" }, "address", '""'],
    [{ address: undefined }, "address", "undefined"],
    [{ port: 0 }, "port", "0"],
    [{ port: 65_536 }, "port", "65536"],
    [{ port: 80.5 }, "port", "80.5"],
    [{ port: "80" }, "port", '"80"'],
    [{ port: 80n }, "port", "80"],
    [{ port: Number.NaN }, "port", "NaN"],
  ];
  for (const [fields, name, value] of bad) {
    const instance = { ...createInstance("a"), ...fields } as never;
    assert.throws(
      () => toServiceInstance(instance, "chat"),
      hasCode("invalid_argument", "services", name, `got ${value}`),
    );
  }
});

test("what is neither text nor an instance is refused", () => {
  for (const entry of [null, undefined, 8083, true]) {
    assert.throws(
      () => toServiceInstance(entry as never, "chat"),
      hasCode("invalid_argument", "services", String(entry)),
    );
  }
});

test("a list gives its instances in order, and only a list is one", () => {
  const ids = toServiceInstances(["a:1", createInstance("b")], "chat").map(({ id }) => id);
  assert.deepEqual(ids, ["a:1", "b"]);
  for (const value of ["a:1", null, 7, {}]) {
    assert.throws(
      () => toServiceInstances(value as never, "chat"),
      hasCode("invalid_argument", "services must be a list"),
    );
  }
});
