import assert from "node:assert/strict";
import { test } from "node:test";
import { ServiceKeys } from "./service-keys.ts";

const keys = new ServiceKeys("/services");

test("the range of a service holds its keys and no key of a service whose name it begins", () => {
  const { key, range_end } = keys.service("im");
  const inRange = (text: string) =>
    Buffer.compare(Buffer.from(text), key) >= 0 && Buffer.compare(Buffer.from(text), range_end) < 0;
  assert.ok(inRange("/services/im/a") && inRange("/services/im/北"));
  for (const other of [
    "/services/im-service/a",
    "/services/im",
    "/services/im0",
    "/services/ima/b",
    "/services/il/z",
  ]) {
    assert.ok(!inRange(other), other);
  }
});

test("a key of a service is that of an instance when exactly the id follows", () => {
  assert.equal(keys.instance("im", "a").toString(), "/services/im/a");
  assert.equal(keys.idOf("im", Buffer.from("/services/im/北")), "北");
  assert.equal(keys.idOf("im", Buffer.from("/services/im/a/b")), undefined);
  assert.equal(keys.idOf("im", Buffer.from("/services/im/")), undefined);
});

test("an id is found in any service, and only as a whole", () => {
  for (const key of ["/services/im/a", "/services/team/im/a"]) assert.ok(keys.isOfInstance(Buffer.from(key), "a"), key);
  for (const key of ["/services/a", "/services/im/ba", "/services/im/a/", "/services/im/a/c", "/services//a"]) {
    assert.ok(!keys.isOfInstance(Buffer.from(key), "a"), key);
  }
});

test("names and ids that would point elsewhere are refused", () => {
  for (const name of ["", "/", "a/", "/a", "a//b"]) assert.throws(() => keys.service(name), RangeError, name);
  assert.throws(() => keys.instance("im", "a/b"), /no slash.*"a\/b"/);
});
