import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { PortBlock } from "./port-block.ts";

test("no port is in two blocks that are claimed at a time, and none is one of outgoing connections", async () => {
  const blocks = await Promise.all(Array.from({ length: 40 }, () => PortBlock.claim(3)));
  const ports = blocks.flatMap((block) => block.ports);
  assert.equal(new Set(ports).size, 120);
  assert.ok(ports.every((port) => port > 20_000 && port < 32_768));
  await Promise.all(blocks.map((block) => block.close()));
});

test("a block is free until somebody listens on one of its ports", async () => {
  const block = await PortBlock.claim(2);
  assert.equal(await block.isFree(), true);
  const other = createServer().listen(block.ports[1], "127.0.0.1");
  await once(other, "listening");
  assert.equal(await block.isFree(), false);
  other.close();
  await block.close();
});
