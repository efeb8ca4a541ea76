import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "./address.ts";

test("host names, IPv4 and IPv6 addresses survive the way there and back", () => {
  for (const text of ["localhost:8083", "10.0.0.1:1", "[::1]:65535", "im.example.com:443", "[fe80::1]:80"]) {
    const { address, port } = parseAddress(text);
    assert.equal(formatAddress(address, port), text);
  }
  assert.equal(parseAddress("[::1]:80").address, "::1");
});

test("text that is no address is refused by name", () => {
  for (const text of [
    "",
    "localhost",
    "localhost:",
    ":80",
    "localhost:0",
    "localhost:65536",
    "::1:80",
    "http://a:80",
    "a b:1",
  ]) {
    assert.throws(
      () => parseAddress(text),
      (error: Error) => error instanceof RangeError && error.message.includes(`"${text}"`),
    );
  }
});
