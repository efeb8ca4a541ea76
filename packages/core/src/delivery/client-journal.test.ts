import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ImError } from "../im-error.ts";
import { outgoing } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { ClientJournal, type KeptState } from "./client-journal.ts";
import { MemoryStore } from "./memory-store.ts";

/** A process: what it finds in the store, and what it does there. */
async function begin(store: MemoryStore, userId = "ann") {
  const errors: ImError[] = [];
  const journal = new ClientJournal({ store, userId, onError: (error) => errors.push(error) });
  const found = Promise.withResolvers<KeptState>();
  await journal.load(found.resolve);
  const { messages, cursors } = await found.promise;
  return {
    journal,
    errors,
    ids: messages.map(({ message }) => message.messageId),
    messages,
    cursors: Object.fromEntries(cursors),
    keep: (id: string, deadlineAtMs = 1_000) =>
      new Promise<ImError | undefined>((resolve) => journal.keep(outgoing(id, 3), deadlineAtMs, resolve)),
  };
}

describe("the next process finds", () => {
  test("messages in the order of sending with what they hold and their deadlines, but those that were forgotten", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    for (let number = 1; number <= 12; number++) await first.keep(`m${number}`, 1_000.5 + number);
    first.journal.forget("m3");
    first.journal.forget("never kept");
    await first.journal.close();
    const second = await begin(store);
    assert.deepEqual(second.ids, ["m1", "m2", "m4", "m5", "m6", "m7", "m8", "m9", "m10", "m11", "m12"]);
    assert.deepEqual(second.messages[0]?.message, outgoing("m1", 3));
    assert.equal(second.messages[0]?.deadlineAtMs, 1_002);
  });

  test("a message that was forgotten and kept once more, in whatever order the store gives its keys", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    for (const id of ["b", "a"]) await first.keep(id);
    first.journal.forget("b");
    await first.keep("b");
    await first.journal.close();
    const load = store.load.bind(store);
    store.load = async () => (await load()).toReversed();
    assert.deepEqual((await begin(store)).ids, ["a", "b"]);
  });

  test("what it sends itself behind what was left, and forgets either", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    for (const id of ["a", "b"]) await first.keep(id);
    await first.journal.close();
    const second = await begin(store);
    await second.keep("c");
    second.journal.forget("a");
    await second.journal.close();
    assert.deepEqual((await begin(store)).ids, ["b", "c"]);
  });

  test("how far each room was read, whatever its name, but those that were left", async () => {
    const store = new MemoryStore();
    const { journal } = await begin(store);
    journal.moveCursor("大厅/1", { epoch: "e", sequence: 7n });
    journal.moveCursor("left", { epoch: "e", sequence: 1n });
    journal.moveCursor("大厅/1", { epoch: "f", sequence: 2n ** 63n });
    journal.moveCursor("left", undefined);
    await journal.close();
    assert.deepEqual((await begin(store)).cursors, { "大厅/1": { epoch: "f", sequence: 2n ** 63n } });
  });
});

describe("before the store is loaded", () => {
  test("nothing is written, and afterwards everything is, behind what was found", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    await first.keep("old");
    await first.journal.close();
    const journal = new ClientJournal({ store, userId: "ann", onError: assert.fail });
    let isKept = false;
    journal.keep(outgoing("new"), 1, () => {
      isKept = true;
    });
    journal.keep(outgoing("gone"), 1, () => {});
    journal.forget("gone");
    await settle();
    assert.equal(isKept, false);
    await journal.load(({ messages }) => assert.equal(messages.length, 1));
    await journal.close();
    assert.equal(isKept, true);
    assert.deepEqual((await begin(store)).ids, ["old", "new"]);
  });

  test("a message that is found there is not kept a second time", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    await first.keep("same");
    await first.journal.close();
    const journal = new ClientJournal({ store, userId: "ann", onError: assert.fail });
    const kept = new Promise((resolve) => journal.keep(outgoing("same"), 1, resolve));
    await journal.load(() => {});
    assert.equal(await kept, undefined);
    journal.forget("same");
    await journal.close();
    assert.deepEqual((await begin(store)).ids, []);
  });
});

describe("is refused:", () => {
  test("a store that cannot be opened, with why, and once it can be the journal loads", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    const second = new ClientJournal({ store, userId: "ann", onError: assert.fail });
    await assert.rejects(
      second.load(() => assert.fail()),
      hasCode("failed_precondition", "the store could not be opened", "open"),
    );
    await first.journal.close();
    await second.load(() => {});
    await second.close();
  });

  test("one that another client has open, which it stays when this one closes", async () => {
    const store = new MemoryStore();
    const first = await begin(store);
    const second = new ClientJournal({ store, userId: "ann", onError: assert.fail });
    await assert.rejects(second.load(() => assert.fail()));
    await second.close();
    assert.equal(await first.keep("m"), undefined);
    await first.journal.close();
    await assert.rejects(
      second.load(() => assert.fail()),
      hasCode("canceled"),
    );
    assert.deepEqual((await begin(store)).ids, ["m"], "what was opened in vain is closed again");
  });

  test("one whose answer makes no sense, or that throws at once", async () => {
    for (const load of [async () => 5, () => assert.fail("at once")]) {
      const store = Object.assign(new MemoryStore(), { load });
      await assert.rejects(begin(store), hasCode("failed_precondition", "could not be opened"));
    }
  });

  test("the store of another user", async () => {
    const store = new MemoryStore();
    await (await begin(store, "安娜")).journal.close();
    await assert.rejects(begin(store, "bob"), hasCode("failed_precondition", '"安娜"', '"bob"'));
  });

  test("a store that holds what is not of this kind, by key", async () => {
    for (const key of ["outbox/0000000000000001/5", "outbox/first", "cursor/r"]) {
      const store = new MemoryStore();
      await store.load();
      await store.write([{ key, value: new Uint8Array([0xff, 0xff]) }]);
      await store.close();
      await assert.rejects(begin(store), hasCode("data_loss", `"${key}"`), key);
    }
  });
});

test("a failed write is told once, to whoever waits for it or else as an error", async () => {
  const store = new MemoryStore();
  const { journal, errors, keep } = await begin(store);
  await keep("a");
  await store.close();
  assert.ok(hasCode("internal", "could not be written")(await keep("b")));
  assert.deepEqual(errors, []);
  journal.forget("a");
  journal.moveCursor("r", { epoch: "e", sequence: 1n });
  await journal.written();
  await settle();
  assert.equal(errors.length, 1);
  assert.ok(hasCode("internal", "could not be written")(errors[0]));
});

test("what was never kept is forgotten at once", async () => {
  const { journal } = await begin(new MemoryStore());
  let isForgotten = false;
  journal.forget("nobody's", () => {
    isForgotten = true;
  });
  assert.equal(isForgotten, true);
});
