import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTimeout } from "@connectrpc/connect/protocol-grpc";
import fc from "fast-check";
import { effectiveTimeoutMs, grpcTimeout, withTimeout } from "./grpc-timeout.ts";

test("timeouts are whole milliseconds for as long as eight digits hold them", () => {
  assert.equal(grpcTimeout(1), "1m");
  assert.equal(grpcTimeout(1500), "1500m");
  assert.equal(grpcTimeout(99_999_999), "99999999m");
  assert.equal(grpcTimeout(100_000_000), "100000S");
  assert.equal(grpcTimeout(99_999_999_000), "99999999S");
  assert.equal(grpcTimeout(100_000_000_000), "27778H");
});

test("fractions are rounded up, and nothing becomes zero or negative", () => {
  assert.equal(grpcTimeout(0.2), "1m");
  assert.equal(grpcTimeout(1500.2), "1501m");
  assert.equal(grpcTimeout(0), "1m");
  assert.equal(grpcTimeout(-5), "1m");
});

test("no number makes a header that gRPC cannot read, and none is told shorter than it is", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true }), (timeoutMs) => {
      const header = grpcTimeout(timeoutMs);
      assert.match(header, /^\d{1,8}[mSH]$/);
      const told = parseTimeout(header, Number.POSITIVE_INFINITY).timeoutMs ?? 0;
      assert.ok(told >= Math.min(timeoutMs, 99_999_999 * 3_600_000), `${timeoutMs} became ${header}`);
    }),
  );
});

test("zero, less, NaN and Infinity mean no deadline, and none is longer than a timer", () => {
  for (const none of [undefined, 0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(effectiveTimeoutMs(none), undefined);
  }
  assert.equal(effectiveTimeoutMs(0.5), 0.5);
  assert.equal(effectiveTimeoutMs(2 ** 31 - 1), 2 ** 31 - 1);
  assert.equal(effectiveTimeoutMs(2 ** 31), 2 ** 31 - 1);
});

test("the header is set on a copy, and only when there is a deadline", () => {
  const header = new Headers({ "x-own": "1" });
  assert.deepEqual(
    [...withTimeout(header, 20)],
    [
      ["grpc-timeout", "20m"],
      ["x-own", "1"],
    ],
  );
  assert.deepEqual([...withTimeout(header, undefined)], [["x-own", "1"]]);
  assert.deepEqual([...header], [["x-own", "1"]]);
});
