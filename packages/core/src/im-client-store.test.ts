import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type ImServerOptions, startImServer } from "@im-sdk/server";
import { startFaultProxy } from "@im-sdk/testing";
import { MemoryStore } from "./delivery/memory-store.ts";
import { ImClient } from "./im-client.ts";
import type { BotTask } from "./test-kit/bot.ts";
import { BotProcess } from "./test-kit/bot-process.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { startPlainRoom } from "./test-kit/plain-room.ts";
import { record } from "./test-kit/record.ts";

async function startServer(t: TestContext, options: ImServerOptions = {}) {
  const server = await startImServer(options);
  t.after(() => server.close());
  return { server, address: `127.0.0.1:${server.port}` };
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "im-store-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** Sends numbered texts to a bot that is killed again and again; gives what its processes said, and how often they were killed. */
async function killBotWhileReading(t: TestContext, acknowledge: "automatic" | "manual") {
  const count = 200;
  const { address } = await startServer(t);
  const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
  await ann.client.connect();
  const task: BotTask = { address, path: await folder(t), acknowledge };
  const said: [string, unknown][] = [];
  /** Where each process began. */
  const begins: number[] = [];
  let kills = 0;
  for (let sent = 0; ; kills++) {
    await using bot = new BotProcess(task);
    await bot.until(({ said: words }) => words.some(([word]) => word === "connected"));
    for (const end = Math.min(sent + 50, count); sent < end; sent++)
      await ann.client.sendTextMessage("lobby", `${sent}`);
    const isLast = sent === count;
    // In the middle of what it has to do.
    if (isLast) await bot.until((each) => each.all("handled").includes(`${count - 1}`));
    else await bot.until((each) => each.all("handled").length >= 5 + kills);
    await bot.kill();
    said.push(...bot.said);
    begins.push(Number(bot.all("handling")[0]));
    if (isLast) break;
  }
  const handled = said.filter(([word]) => word === "handled").map(([, text]) => Number(text));
  const handling = said.filter(([word]) => word === "handling").map(([, text]) => Number(text));
  assert.deepEqual(
    said.filter(([word]) => word === "gap"),
    [],
  );
  return { count, kills, begins, handling, handled };
}

describe("a bot that is killed again and again", () => {
  test("is given each message at most once and in order, and misses no more than the one it had in hand", async (t) => {
    const { count, kills, handling } = await killBotWhileReading(t, "automatic");
    assert.ok(kills >= 3);
    assert.equal(new Set(handling).size, handling.length, "given twice");
    assert.deepEqual(
      handling,
      handling.toSorted((a, b) => a - b),
    );
    assert.ok(handling.length >= count - kills, `${count - handling.length} missed in ${kills} kills`);
  });

  test("is given each message at least once when it acknowledges by hand, and again only what it had not", async (t) => {
    const { count, begins, handling, handled } = await killBotWhileReading(t, "manual");
    assert.equal(new Set(handled).size, count, "none is missed");
    const firsts = [...new Set(handling)];
    assert.deepEqual(
      firsts,
      firsts.toSorted((a, b) => a - b),
    );
    // Acknowledging is written behind its back: what was not on disk yet comes again, and not all there ever was.
    assert.ok((begins.at(-1) ?? 0) > 0, `the processes began at ${begins}`);
  });

  test("sends again what it had sent, before anything new, once and in order, and hears how that ended", async (t) => {
    const { address } = await startServer(t);
    const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
    await ann.client.connect();
    const proxy = await startFaultProxy(address);
    t.after(() => proxy.close());
    const path = await folder(t);
    const sends = Array.from({ length: 50 }, (_, n) => `m${n}`);
    {
      await using bot = new BotProcess({ address: proxy.address, path, sends: [] });
      await bot.until(({ said }) => said.length > 0);
    }
    const acknowledged: unknown[] = [];
    {
      await using bot = new BotProcess({ address: proxy.address, path, sends });
      // They arrive, but for the last, and no answer does.
      await bot.until(({ said }) => said.length > 0);
      proxy.stall("down");
      await ann.until(({ texts }) => texts.length >= 10);
      proxy.stall("up");
      await bot.kill();
      acknowledged.push(...bot.all("acknowledged"));
    }
    proxy.cut();
    proxy.resume();
    await using bot = new BotProcess({ address: proxy.address, path, sends: ["new"] });
    await bot.until((each) => each.all("acknowledged").includes("new"));
    await ann.until(({ texts }) => texts.includes("new"));
    assert.deepEqual(ann.texts, [...sends, "new"]);
    const settled = bot.all("settled") as [string, string][];
    assert.ok(settled.every(([, how]) => how === "acknowledged"));
    const told = new Set([...acknowledged, ...settled.map(([id]) => id)]);
    assert.deepEqual([...told].toSorted(), sends.toSorted());
  });
});

describe("the next client on a store", () => {
  test("goes on where the last one was, in its default room and in those it joins", async (t) => {
    const { address } = await startServer(t);
    const store = new MemoryStore();
    const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
    await ann.client.connect();
    const bob = { userId: "bob", defaultRoomId: "lobby", services: [address], store };
    const first = record(t, bob);
    await first.client.connect();
    for (const roomId of ["docs", "left"]) await first.client.joinRoom(roomId);
    for (const roomId of ["lobby", "docs", "left"]) await ann.client.sendTextMessage(roomId, `before ${roomId}`);
    await first.until(({ texts }) => texts.length === 3);
    await first.client.leaveRoom("left");
    await first.client.disconnect();
    for (const roomId of ["lobby", "docs", "left"]) await ann.client.sendTextMessage(roomId, `missed ${roomId}`);
    const second = record(t, bob);
    await second.client.connect();
    await second.until(({ texts }) => texts.includes("missed lobby"));
    for (const roomId of ["docs", "left"]) await second.client.joinRoom(roomId);
    await second.until(({ texts }) => texts.includes("missed docs"));
    for (const roomId of ["lobby", "docs", "left"]) await ann.client.sendTextMessage(roomId, `later ${roomId}`);
    await second.until(({ texts }) => texts.includes("later left"));
    assert.deepEqual(second.texts.toSorted(), [
      "later docs",
      "later left",
      "later lobby",
      "missed docs",
      "missed lobby",
    ]);
    assert.deepEqual(second.of("gap"), []);
  });

  test("gets what the last one had received and not begun, and nothing that it had", async (t) => {
    const { address } = await startServer(t);
    const store = new MemoryStore();
    const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
    await ann.client.connect();
    const bob = { userId: "bob", defaultRoomId: "lobby", services: [address], store };
    const begun: string[] = [];
    const first = new ImClient({
      ...bob,
      onMessage: (message) => {
        if (message.type === "text") begun.push(message.text);
        return begun.length === 3 ? new Promise(() => {}) : undefined;
      },
    });
    await first.connect();
    const probe = record(t, { userId: "probe", defaultRoomId: "lobby", services: [address] });
    await probe.client.connect();
    for (let n = 0; n < 10; n++) await ann.client.sendTextMessage("lobby", `${n}`);
    // Its own message comes back behind all of the others, so they have been received by then.
    await first.sendTextMessage("lobby", "10");
    await first.disconnect();
    const second = record(t, bob);
    await second.client.connect();
    await second.until(({ texts }) => texts.includes("10"));
    assert.deepEqual([...begun, ...second.texts], ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("gets what a loop of the last one had not taken, though nobody listens for messages", async (t) => {
    const { address } = await startServer(t);
    const store = new MemoryStore();
    const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
    await ann.client.connect();
    const bob = { userId: "bob", defaultRoomId: "lobby", services: [address], store };
    const first = new ImClient(bob);
    await first.connect();
    const loop = first.messages();
    for (let n = 0; n < 10; n++) await ann.client.sendTextMessage("lobby", `${n}`);
    await first.sendTextMessage("lobby", "10");
    const taken: string[] = [];
    while (taken.length < 3) {
      const { value } = await loop.next();
      if (value?.type === "text") taken.push(value.text);
    }
    await first.disconnect();
    assert.equal((await loop.next()).done, true, "what was not taken is left to the next");
    const second = record(t, bob);
    await second.client.connect();
    await second.until(({ texts }) => texts.includes("10"));
    assert.deepEqual([...taken, ...second.texts], ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  test("is told of a gap when the room has a new log, or the log does not reach back", async (t) => {
    const store = new MemoryStore();
    const bob = { userId: "bob", defaultRoomId: "lobby", store };
    const { server, address } = await startServer(t, { retention: { maxMessages: 2 } });
    const first = record(t, { ...bob, services: [address] });
    await first.client.connect();
    await first.client.sendTextMessage("lobby", "seen");
    await first.until(({ texts }) => texts.includes("seen"));
    await first.client.disconnect();
    const ann = record(t, { userId: "ann", defaultRoomId: "lobby", services: [address] });
    await ann.client.connect();
    for (let n = 0; n < 5; n++) await ann.client.sendTextMessage("lobby", `${n}`);
    const second = record(t, { ...bob, services: [address] });
    await second.client.connect();
    await second.until(({ texts }) => texts.includes("4"));
    assert.deepEqual(second.texts, ["3", "4"]);
    assert.deepEqual(
      second.of("gap").map(({ reason, after, upTo }) => [reason, after?.sequence, upTo?.sequence]),
      [["not_in_log", 1n, 6n]],
    );
    await second.client.disconnect();
    await ann.client.disconnect();
    await server.close();
    const other = await startServer(t);
    const third = record(t, { ...bob, services: [other.address] });
    await third.client.connect();
    await third.until((each) => each.of("gap").length > 0);
    assert.deepEqual(
      third.of("gap").map(({ reason, upTo }) => [reason, upTo?.sequence]),
      [["not_in_log", 0n]],
    );
  });

  test("claims nothing from a plain server: what was left is unknown, and the room has a gap of unknown extent", async (t) => {
    const store = new MemoryStore();
    const bob = { userId: "bob", defaultRoomId: "lobby", store };
    const { address } = await startServer(t);
    const first = record(t, { ...bob, services: [address] });
    await first.client.connect();
    await first.client.sendTextMessage("lobby", "seen");
    await first.until(({ texts }) => texts.includes("seen"));
    await first.client.disconnect();
    await using plain = await startPlainRoom();
    const second = record(t, { ...bob, services: [plain.address] });
    await second.client.connect();
    assert.deepEqual(
      second.of("gap").map(({ reason, upTo }) => [reason, upTo]),
      [["no_cursor", undefined]],
    );
    assert.equal((await second.client.sendTextMessage("lobby", "hello")).delivery, "written");
  });
});

describe("connect() is refused with a store", () => {
  test("that another client has open, until that one is disconnected", async (t) => {
    const { address } = await startServer(t);
    const store = new MemoryStore();
    const [first, second] = [1, 2].map(() => record(t, { userId: "bob", services: [address], store }));
    await first?.client.connect();
    await assert.rejects(
      second?.client.connect() ?? Promise.resolve(),
      hasCode("failed_precondition", "store", "open"),
    );
    assert.equal(second?.client.state, "idle");
    await first?.client.disconnect();
    await second?.client.connect();
  });

  test("of another user", async (t) => {
    const { address } = await startServer(t);
    const store = new MemoryStore();
    const ann = record(t, { userId: "ann", services: [address], store });
    await ann.client.connect();
    await ann.client.disconnect();
    const bob = record(t, { userId: "bob", services: [address], store });
    await assert.rejects(bob.client.connect(), hasCode("failed_precondition", '"ann"', '"bob"'));
  });
});
