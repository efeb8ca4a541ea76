import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { ImError, type ImErrorCode, imErrorCode } from "./im-error.ts";

const names: [Code, ImErrorCode][] = [
  [Code.Canceled, "canceled"],
  [Code.Unknown, "unknown"],
  [Code.InvalidArgument, "invalid_argument"],
  [Code.DeadlineExceeded, "deadline_exceeded"],
  [Code.NotFound, "not_found"],
  [Code.AlreadyExists, "already_exists"],
  [Code.PermissionDenied, "permission_denied"],
  [Code.ResourceExhausted, "resource_exhausted"],
  [Code.FailedPrecondition, "failed_precondition"],
  [Code.Aborted, "aborted"],
  [Code.OutOfRange, "out_of_range"],
  [Code.Unimplemented, "unimplemented"],
  [Code.Internal, "internal"],
  [Code.Unavailable, "unavailable"],
  [Code.DataLoss, "data_loss"],
  [Code.Unauthenticated, "unauthenticated"],
];

test("every status code of gRPC has its word, and other numbers are unknown", () => {
  assert.equal(names.length, 16);
  for (const [code, name] of names) assert.equal(imErrorCode(code), name);
  for (const code of [0, 17, -1, 1.5, Number.NaN]) assert.equal(imErrorCode(code), "unknown");
});

test("a ConnectError becomes its word, with what was being done in front and itself as the cause", () => {
  const cause = new ConnectError("no such room", Code.NotFound);
  const error = ImError.from(cause, "joining r1");
  assert.deepEqual(
    [error.name, error.code, error.message, error.cause],
    ["ImError", "not_found", "joining r1: no such room", cause],
  );
  assert.ok(error instanceof Error);
});

test("an ImError stays as it is, also inside of a ConnectError", () => {
  const own = new ImError("rejected", "no");
  assert.equal(ImError.from(own, "sending"), own);
  assert.equal(ImError.from(new ConnectError("wrapped", Code.Unknown, undefined, undefined, own), "sending"), own);
});

test("aborts and timeouts are canceled, other errors and values unknown", () => {
  assert.equal(ImError.from(AbortSignal.abort().reason, "x").code, "canceled");
  assert.equal(ImError.from(new DOMException("late", "TimeoutError"), "x").code, "canceled");
  const failure = new TypeError("oops");
  const error = ImError.from(failure, "x");
  assert.deepEqual([error.code, error.message, error.cause], ["unknown", "x: oops", failure]);
  assert.deepEqual([ImError.from("text", "x").code, ImError.from("text", "x").message], ["unknown", "x: text"]);
  assert.equal(ImError.from(undefined, "x").code, "unknown");
});

test("what may succeed later is retryable, unless it is said otherwise", () => {
  const retryable = new Set(["unavailable", "aborted", "expired"]);
  for (const code of [...names.map(([, name]) => name), "rejected" as const, "expired" as const]) {
    assert.equal(new ImError(code, "x").retryable, retryable.has(code), code);
  }
  assert.equal(new ImError("aborted", "x", { retryable: false }).retryable, false);
  assert.equal(new ImError("resource_exhausted", "x", { retryAfterMs: 5 }).retryable, true);
  assert.equal(new ImError("unknown", "x", { retryable: true }).retryable, true);
});

test("the server's wish to wait is kept in milliseconds: its pushback first, else retry-after in seconds", () => {
  const after = (metadata: Record<string, string>) =>
    ImError.from(new ConnectError("busy", Code.Unavailable, metadata), "x").retryAfterMs;
  assert.equal(after({ "grpc-retry-pushback-ms": "250" }), 250);
  assert.equal(after({ "retry-after": "3" }), 3_000);
  assert.equal(after({ "grpc-retry-pushback-ms": "250", "retry-after": "3" }), 250);
  assert.equal(after({ "grpc-retry-pushback-ms": "0" }), 0);
  assert.equal(after({ "grpc-retry-pushback-ms": "-1" }), undefined);
  assert.equal(after({ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }), undefined);
  assert.equal(after({}), undefined);
});

test("an error without a cause has none", () => {
  assert.equal("cause" in new ImError("internal", "x"), false);
});
