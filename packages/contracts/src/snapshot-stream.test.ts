import assert from "node:assert/strict";
import { test } from "node:test";
import { SnapshotStream } from "./snapshot-stream.ts";

const [one, two, three] = [["one"], ["two"], ["three"]];
const end = { done: true, value: undefined };

test("a reader who waits gets the next value, one who is behind the newest alone", async () => {
  const stream = new SnapshotStream<string[]>();
  const waiting = stream.next();
  for (const value of [one, two, three]) stream.push(value);
  assert.equal((await waiting).value, one);
  assert.equal((await stream.next()).value, three);
});

test("where all are kept, all arrive in order", async () => {
  const stream = new SnapshotStream<string[]>({ keeps: "all" });
  for (const value of [one, two, three]) stream.push(value);
  for (const value of [one, two, three]) assert.equal((await stream.next()).value, value);
});

test("ending settles every read, drops what waits, and tells its owner once", async () => {
  let ends = 0;
  const stream = new SnapshotStream<string[]>({ onEnd: () => ends++ });
  const waiting = [stream.next(), stream.next()];
  stream.end();
  stream.push(one);
  stream.end();
  assert.deepEqual(await Promise.all(waiting), [end, end]);
  assert.deepEqual([await stream.next(), await stream.return(), ends], [end, end, 1]);
  const full = new SnapshotStream<string[]>();
  full.push(one);
  full.end();
  assert.deepEqual(await full.next(), end);
});

test("leaving the loop ends the stream and tells its owner", async () => {
  let ends = 0;
  const stream = new SnapshotStream<string[]>({ onEnd: () => ends++ });
  stream.push(one);
  for await (const _ of stream) break;
  stream.push(two);
  assert.deepEqual([await stream.next(), ends], [end, 1]);
});

test("a failure is thrown once, to the read that waits or to the next one", async () => {
  const error = new Error("refused");
  const waitedFor = new SnapshotStream<string[]>();
  const waiting = [waitedFor.next(), waitedFor.next()];
  waitedFor.fail(error);
  await assert.rejects(waiting[0] as Promise<unknown>, error);
  assert.deepEqual(await waiting[1], end);
  const late = new SnapshotStream<string[]>();
  late.fail(error);
  await assert.rejects(late.next(), error);
  assert.deepEqual(await late.next(), end);
});
