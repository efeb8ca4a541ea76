import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { MessageResponseSchema } from "@im-sdk/gen";
import { takeBatch } from "./take-batch.ts";

const mebibyte = 1024 * 1024;
const post = (contentBytes: number, metadata: Record<string, string> = {}) => ({
  message: create(MessageResponseSchema, { content: new Uint8Array(contentBytes), metadata }),
  duplicateKey: undefined,
});

test("as many as have four mebibytes together are taken, in their order, and the rest waits", () => {
  const posts = Array.from({ length: 9 }, () => post(mebibyte - 1024));
  const waiting = [...posts];
  assert.deepEqual(takeBatch(waiting), posts.slice(0, 4));
  assert.deepEqual(takeBatch(waiting), posts.slice(4, 8));
  assert.deepEqual(takeBatch(waiting), posts.slice(8));
  assert.deepEqual(waiting, []);
});

test("one that is too large goes alone, and nothing before it waits for it", () => {
  const [small, large, last] = [post(1), post(5 * mebibyte), post(1)];
  const waiting = [small, large, last];
  assert.deepEqual([takeBatch(waiting), takeBatch(waiting), takeBatch(waiting)], [[small], [large], [last]]);
});

test("metadata counts as well as content, and so does the frame around them", () => {
  const described = Array.from({ length: 3 }, () => post(0, { note: "x".repeat(2 * mebibyte) }));
  assert.equal(takeBatch(described).length, 1);
  const empty = Array.from({ length: 100_000 }, () => post(0));
  const { length } = takeBatch(empty);
  assert.ok(length > 1_000 && length < 100_000, `${length} at once`);
});
