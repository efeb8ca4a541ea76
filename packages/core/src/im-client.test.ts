import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { MessageType } from "@im-sdk/gen";
import { startImServer } from "@im-sdk/server";
import { createEndpointPool } from "./connection/endpoint-pool.ts";
import { StaticDiscovery } from "./discovery/static-discovery.ts";
import { ImClient } from "./im-client.ts";
import type { ImClientOptions } from "./im-client-options.ts";
import type { ImError } from "./im-error.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { Recorder } from "./test-kit/recorder.ts";

async function setup(options: Partial<ImClientOptions> = {}, serverOptions: Parameters<typeof startImServer>[0] = {}) {
  const server = await startImServer(serverOptions);
  const clients: ImClient[] = [];
  return {
    server,
    async client(userId: string, more: Partial<ImClientOptions> = {}) {
      const client = new ImClient({
        userId,
        services: [`127.0.0.1:${server.port}`],
        retryIntervalMs: 20,
        ...options,
        ...more,
      });
      clients.push(client);
      const recorder = new Recorder(client);
      await client.connect();
      return Object.assign(recorder, { client });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.disconnect()));
      await server.close();
    },
  };
}

test("a text reaches every member once, with its sender, its time and its place in the room", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  const bob = await fixture.client("bob");
  const receipt = await ann.client.sendTextMessage("lobby", "hello", { metadata: { lang: "en" } });
  assert.equal(receipt.delivery, "acknowledged");
  assert.equal(receipt.sequence, 1n);
  await bob.until(({ texts }) => texts.length === 1);
  await bob.client.sendTextMessage("lobby", "hi");
  await ann.until(({ texts }) => texts.length === 2);
  const [message] = bob.of("message").filter(({ type }) => type === "text");
  assert.ok(message?.type === "text");
  assert.equal(message.text, "hello");
  assert.equal(message.id, receipt.messageId);
  assert.equal(message.fromUserId, "ann");
  assert.equal(message.epoch, receipt.epoch);
  assert.deepEqual({ ...message.metadata }, { lang: "en" });
  assert.ok(message.timestamp instanceof Date);
});

test("every typed message arrives as what it was sent as", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  await ann.client.sendMessage({ type: "text", content: "plain" });
  await ann.client.sendRichTextMessage("lobby", {
    contentType: "markdown",
    rawContent: "**bold**",
    htmlContent: "<b>bold</b>",
  });
  await ann.client.sendAudioMessage("lobby", {
    audioId: "a1",
    audioUrl: "http://x/a1",
    duration: 1.5,
    format: "opus",
    size: 10,
  });
  await ann.until((recorder) => recorder.of("message").some(({ type }) => type === "audio"));
  const [text, rich, audio] = ann.of("message").filter(({ type }) => type !== "system");
  assert.ok(text?.type === "text" && rich?.type === "rich_text" && audio?.type === "audio");
  assert.equal(rich.richText.rawContent, "**bold**");
  assert.equal(rich.richText.htmlContent, "<b>bold</b>");
  assert.equal(audio.audio.size, 10n);
  assert.equal(audio.audio.duration, 1.5);
});

test("ids and rooms outside ASCII work for streams, calls and uploads", async () => {
  await using fixture = await setup();
  const zhang = await fixture.client("张三", { defaultRoomId: "大厅" });
  const li = await fixture.client("李四");
  const joined = await li.client.joinRoom("大厅", { nickname: "小李" });
  assert.deepEqual([...joined.onlineUsers].sort(), ["张三", "李四"].sort());
  await zhang.client.sendTextMessage("大厅", "你好");
  await li.until(({ texts }) => texts.includes("你好"));
  const uploaded = await li.client.uploadAudio("大厅", new Uint8Array(10), { format: "opus" });
  assert.notEqual(uploaded.audioId, "");
});

test("joining, looking at and leaving a room", async () => {
  await using fixture = await setup();
  const ann = await fixture.client("ann");
  const bob = await fixture.client("bob");
  await ann.client.joinRoom("room", { nickname: "Annie" });
  await bob.client.joinRoom("room");
  const info = await ann.client.getRoomInfo("room");
  assert.deepEqual(info.users.map(({ userId }) => userId).sort(), ["ann", "bob"]);
  await bob.client.leaveRoom("room");
  await ann.until((recorder) => recorder.of("message").some((m) => m.type === "system" && m.eventType === "user_left"));
  await ann.client.sendTextMessage("room", "are you gone?");
  await bob.client.joinRoom("room");
  await ann.client.sendTextMessage("room", "welcome back");
  await bob.until(({ texts }) => texts.includes("welcome back"));
  assert.deepEqual(bob.texts, ["welcome back"]);
});

test("a loop over the messages of a room ends with its signal, and with the client", async () => {
  await using fixture = await setup();
  const ann = await fixture.client("ann");
  await ann.client.joinRoom("a");
  await ann.client.joinRoom("b");
  const stop = new AbortController();
  const seen: string[] = [];
  const loop = (async () => {
    for await (const message of ann.client.messages({ roomId: "a", signal: stop.signal })) {
      if (message.type !== "text") continue;
      seen.push(message.text);
      if (seen.length === 2) stop.abort();
    }
  })();
  const endless = (async () => {
    let count = 0;
    for await (const message of ann.client.messages()) if (message.type === "text") count++;
    return count;
  })();
  for (const [room, text] of [
    ["a", "1"],
    ["b", "2"],
    ["a", "3"],
  ] as const)
    await ann.client.sendTextMessage(room, text);
  await loop;
  assert.deepEqual(seen, ["1", "3"]);
  await ann.client.disconnect();
  assert.equal(await endless, 3);
});

test("history is listed oldest first, across pages and between positions", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  const receipts = [];
  for (let n = 0; n < 7; n++) receipts.push(await ann.client.sendTextMessage("lobby", `m${n}`));
  const list = async (options: Parameters<ImClient["listMessages"]>[1]) => {
    const texts = [];
    for await (const message of ann.client.listMessages("lobby", options))
      if (message.type === "text") texts.push(message.text);
    return texts;
  };
  assert.deepEqual(await list({ pageSize: 2 }), ["m0", "m1", "m2", "m3", "m4", "m5", "m6"]);
  const { epoch = "", sequence = 0n } = receipts[1] ?? {};
  const before = { epoch, sequence: receipts[4]?.sequence ?? 0n };
  assert.deepEqual(await list({ after: { epoch, sequence }, before, pageSize: 1 }), ["m2", "m3"]);
});

test("upload, transcript and health", async () => {
  await using fixture = await setup({}, { transcribe: async () => ({ text: "hello", confidence: 0.9 }) });
  const ann = await fixture.client("ann");
  const progress: number[] = [];
  const bytes = new Uint8Array(100_000).fill(7);
  const { audioId } = await ann.client.uploadAudio("room", new Blob([bytes]), {
    format: "opus",
    durationSeconds: 3.2,
    onProgress: ({ sentBytes, totalBytes }) => {
      assert.equal(totalBytes, 100_000);
      progress.push(sentBytes);
    },
  });
  assert.deepEqual(progress, [32_768, 65_536, 98_304, 100_000]);
  assert.equal((await ann.client.getAudioTranscript(audioId)).transcription?.audioId, audioId);
  assert.equal((await ann.client.healthCheck()).status, 1);
  await assert.rejects(ann.client.getAudioTranscript("nothing"), hasCode("not_found", "nothing"));
});

test("an upload ends with its signal, its deadline and its source, and nothing is kept of it", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "im-sdk-"));
  t.after(() => rm(folder, { recursive: true }));
  await using fixture = await setup({}, { audioFolder: folder });
  const { client } = await fixture.client("ann");
  let returned = 0;
  async function* endless() {
    try {
      for (;;) yield new Uint8Array(1024);
    } finally {
      returned++;
    }
  }
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  await assert.rejects(
    client.uploadAudio("r", endless(), { format: "opus", signal: stop.signal, onProgress }),
    hasCode("canceled"),
  );
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await assert.rejects(
    client.uploadAudio("r", endless(), { format: "opus", timeoutMs: 50, onProgress: () => t.mock.timers.tick(50) }),
    hasCode("deadline_exceeded"),
  );
  t.mock.timers.reset();
  async function* failing() {
    yield new Uint8Array(10);
    throw new Error("disk on fire");
  }
  await assert.rejects(client.uploadAudio("r", failing(), { format: "opus" }), hasCode("aborted", "disk on fire"));
  await assert.rejects(
    client.uploadAudio("r", { path: "/does/not/exist" }, { format: "opus" }),
    hasCode("not_found", "/does/not/exist"),
  );
  assert.equal(returned, 2);
  // Sent on the same connection after the others, so the server has seen how those ended.
  const whole = await client.uploadAudio("r", new Uint8Array(10), { format: "opus" });
  const kept = (await readdir(folder)).filter((name) => !name.endsWith(".part"));
  assert.ok(kept.length > 0 && kept.every((name) => name.startsWith(whole.audioId)), kept.join(" "));
});

test("a message that the server refuses rejects, and says why", async () => {
  await using fixture = await setup(
    { defaultRoomId: "lobby" },
    { rooms: { lobby: { mutedUsers: ["ann"] }, quiet: { allowRichText: false } } },
  );
  const ann = await fixture.client("ann");
  await assert.rejects(ann.client.sendTextMessage("lobby", "psst"), (error: unknown) => {
    hasCode("rejected")(error);
    assert.equal((error as ImError).retryable, false);
    return true;
  });
  await assert.rejects(
    ann.client.sendRichTextMessage("quiet", { contentType: "markdown", rawContent: "#" }),
    hasCode("rejected"),
  );
});

test("bad arguments are refused by name, at the call", async () => {
  await using fixture = await setup();
  const { client } = await fixture.client("ann", { maxSendBytes: 1000 });
  await assert.rejects(client.sendTextMessage("", "x"), hasCode("invalid_argument", "roomId"));
  await assert.rejects(
    client.sendTextMessage("r", "x", { timeoutMs: -1 }),
    hasCode("invalid_argument", "timeoutMs", "-1"),
  );
  await assert.rejects(client.sendTextMessage("r", "x", { messageId: "" }), hasCode("invalid_argument", "messageId"));
  await assert.rejects(
    client.sendTextMessage("r", "x".repeat(1000)),
    hasCode("invalid_argument", "maxSendBytes", "1000"),
  );
  await assert.rejects(client.sendTextMessage("r", 7 as unknown as string), hasCode("invalid_argument", "text"));
  await assert.rejects(client.sendMessage({ type: "text", content: "no room" }), hasCode("invalid_argument", "roomId"));
  await assert.rejects(client.joinRoom(""), hasCode("invalid_argument", "roomId"));
  await assert.rejects(client.leaveRoom(""), hasCode("invalid_argument", "roomId"));
  await assert.rejects(
    client.uploadAudio("r", new Uint8Array(1), { format: "" }),
    hasCode("invalid_argument", "format"),
  );
  await assert.rejects(
    client.uploadAudio("r", 7 as unknown as Uint8Array, { format: "x" }),
    hasCode("invalid_argument", "source"),
  );
  assert.throws(() => client.setServices(["nowhere"]), hasCode("invalid_argument", "nowhere"));
  assert.equal(client.isConnected, true);
});

test("a listener that throws or rejects is told as an error and disturbs nobody", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  ann.client.on("message", () => {
    throw new Error("first");
  });
  ann.client.on("message", async () => {
    throw new Error("second");
  });
  await ann.client.sendTextMessage("lobby", "x");
  await ann.until((recorder) => recorder.of("error").length >= 2 && recorder.texts.length === 1);
  const errors = ann.of("error").map(({ message }) => message);
  assert.ok(
    errors.some((message) => message.includes("first")) && errors.some((message) => message.includes("second")),
  );
});

test("a handler that returns a promise gets one message at a time, in order", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  let active = 0;
  let most = 0;
  const seen: string[] = [];
  const all = Promise.withResolvers<void>();
  ann.client.on("message", async (message) => {
    if (message.type !== "text") return;
    most = Math.max(most, ++active);
    await new Promise(setImmediate);
    seen.push(message.text);
    active--;
    if (seen.length === 50) all.resolve();
  });
  const texts = Array.from({ length: 50 }, (_, n) => `m${n}`);
  await Promise.all(texts.map((text) => ann.client.sendTextMessage("lobby", text)));
  await all.promise;
  assert.equal(most, 1);
  assert.deepEqual(seen, texts);
});

test("a handler may send: its ACKs do not wait behind the messages it has not taken yet", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  const bob = await fixture.client("bob");
  const count = 1_500;
  let replies = 0;
  const all = Promise.withResolvers<void>();
  bob.client.on("message", async (message) => {
    if (message.type !== "text" || message.fromUserId !== "ann") return;
    const { delivery } = await bob.client.sendTextMessage("lobby", `re: ${message.text}`);
    assert.equal(delivery, "acknowledged");
    if (++replies === count) all.resolve();
  });
  await Promise.all(Array.from({ length: count }, (_, n) => ann.client.sendTextMessage("lobby", `${n}`)));
  await all.promise;
  assert.deepEqual(bob.of("error"), []);
});

test("types that the client says by itself cannot be sent as messages", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const { client } = await fixture.client("ann");
  for (const type of [MessageType.ACK, MessageType.JOIN_ROOM, MessageType.LEAVE_ROOM, MessageType.HEARTBEAT]) {
    await assert.rejects(
      client.sendMessage({ type, content: new Uint8Array() }),
      hasCode("invalid_argument", `${type}`),
    );
  }
});

test("a call settles by its deadline though the token provider hangs, and disconnect though a discovery does", async () => {
  const hanging = new Promise<never>(() => {});
  let hangs = false;
  await using fixture = await setup();
  const services = [`127.0.0.1:${fixture.server.port}`];
  const client = new ImClient({
    userId: "ann",
    discovery: {
      discover: async () => [],
      async *watch() {
        yield await new StaticDiscovery(services).discover("im-service");
        await hanging;
      },
      close: () => hanging,
      [Symbol.asyncDispose]: () => hanging,
    },
    // A token that has run out when it is given is asked for again by the next call.
    credentials: () => (hangs ? hanging : { token: "t", expiresAt: new Date(0) }),
  });
  const errors: ImError[] = [];
  client.on("error", (error) => errors.push(error));
  await client.connect();
  hangs = true;
  await assert.rejects(client.getRoomInfo("r", { timeoutMs: 50 }), hasCode("deadline_exceeded"));
  await client.disconnect({ timeoutMs: 50 });
  assert.equal(client.state, "closed");
  hasCode("deadline_exceeded", "discovery")(errors[0]);
});

test("disconnect does not wait for listeners, and nothing reaches a handler after it", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const { client } = await fixture.client("ann");
  let seen = 0;
  let seenAtEnd = 0;
  client.on("message", async () => {
    seen++;
    await new Promise(setImmediate);
  });
  client.on("disconnect", () => client.disconnect());
  await Promise.all(Array.from({ length: 200 }, (_, n) => client.sendTextMessage("lobby", `${n}`)));
  await client.disconnect();
  seenAtEnd = seen;
  for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
  assert.ok(seen <= seenAtEnd + 1, `${seen} after ${seenAtEnd}`);
});

test("many clients share the connections of one pool, and leave none behind", async () => {
  const pool = createEndpointPool();
  const fixture = await setup({ defaultRoomId: "lobby", endpointPool: pool });
  const clients = await Promise.all(Array.from({ length: 50 }, (_, n) => fixture.client(`u${n}`)));
  await clients[0]?.client.sendTextMessage("lobby", "all");
  await Promise.all(clients.map((recorder) => recorder.until(({ texts }) => texts.includes("all"))));
  await fixture[Symbol.asyncDispose]();
  await pool.close();
});

test("calls before connect, and after disconnect, say what to do", async () => {
  const client = new ImClient({ userId: "ann", services: ["127.0.0.1:9"] });
  await assert.rejects(client.sendTextMessage("r", "x"), hasCode("failed_precondition", "connect()"));
  await assert.rejects(client.joinRoom("r"), hasCode("failed_precondition", "connect()"));
  await client.disconnect();
  assert.equal(client.state, "closed");
  await assert.rejects(client.connect(), hasCode("failed_precondition", "closed"));
  await assert.rejects(client.sendTextMessage("r", "x"), hasCode("failed_precondition", "closed"));
  const nobody = new ImClient({ userId: "ann" });
  await assert.rejects(nobody.connect(), hasCode("failed_precondition", "services"));
  await nobody.disconnect();
});

test("drain takes no more and waits for what was taken; await using disconnects", async () => {
  await using fixture = await setup({ defaultRoomId: "lobby" });
  const ann = await fixture.client("ann");
  {
    await using bob = (await fixture.client("bob")).client;
    const sends = Array.from({ length: 100 }, (_, n) => bob.sendTextMessage("lobby", `m${n}`));
    await new Promise(setImmediate);
    await bob.drain({ timeoutMs: 10_000 });
    for (const { delivery } of await Promise.all(sends)) assert.equal(delivery, "acknowledged");
    await assert.rejects(bob.sendTextMessage("lobby", "late"), hasCode("failed_precondition", "draining"));
  }
  await ann.until((recorder) => recorder.of("message").some((m) => m.type === "system" && m.eventType === "user_left"));
  assert.equal(ann.texts.length, 100);
});

test("the raw service runs on the same connection with the client's identity", async () => {
  await using fixture = await setup();
  const ann = await fixture.client("ann");
  const { status } = await ann.client.service.healthCheck({});
  assert.equal(status, 1);
  const joined = await ann.client.service.joinRoom({ userId: "ann", roomId: "raw" });
  assert.deepEqual(joined.onlineUsers, ["ann"]);
  await ann.client.sendTextMessage("raw", "seen");
  await ann.until(({ texts }) => texts.includes("seen"));
});

test("a server on IPv6 is reached by its address in brackets", async () => {
  await using server = await startImServer({ host: "::1" });
  await using client = new ImClient({ userId: "ann", defaultRoomId: "lobby", services: [`[::1]:${server.port}`] });
  await client.connect();
  assert.equal((await client.sendTextMessage("lobby", "hello")).delivery, "acknowledged");
  assert.deepEqual(
    (await client.getRoomInfo("lobby")).users.map(({ userId }) => userId),
    ["ann"],
  );
});
