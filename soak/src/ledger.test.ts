import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineAtMs, History, log, slackMs } from "./test-kit/history.ts";

test("a history in which every outcome is as it should be has nothing wrong with it", () => {
  const history = new History()
    .send("a", "b", "c", "d", "e")
    .sendUnsent("f")
    .sendUnsent("g")
    .acknowledge("a", 1)
    .settle("b", "unknown")
    .settle("c", "unknown", deadlineAtMs + slackMs)
    .settle("d", "rejected")
    .settle("e", "canceled")
    .settle("f", "expired", deadlineAtMs)
    .settle("g", "canceled")
    .deliver("a", 1)
    .deliver("b", 2)
    .deliver("e", 3)
    .archive(["a", 1], ["b", 2], ["e", 3]);
  assert.deepEqual(history.found(), [{}, []]);
  assert.equal(history.ledger.isComplete, true);
  assert.deepEqual(history.ledger.count(), {
    sent: 7,
    acknowledged: 1,
    rejected: 1,
    expired: 1,
    unknown: 2,
    unknownDelivered: 1,
    canceled: 2,
    canceledDelivered: 1,
    received: 6,
    gaps: 0,
  });
});

test("what comes out of nowhere, in another's name, in another room or to another is foreign", () => {
  const members = new Map([
    ["lobby", ["ann"]],
    ["attic", ["ann"]],
  ]);
  const { ledger } = new History({ members }).send("a").acknowledge("a", 1).receive("ann", "a", 1);
  const position = { epoch: log, sequence: 2n };
  ledger.received("ann", { id: "b", from: "ann", roomId: "lobby", position });
  ledger.received("ann", { id: "a", from: "bob", roomId: "lobby", position });
  ledger.received("ann", { id: "a", from: "ann", roomId: "attic", position });
  ledger.received("eve", { id: "a", from: "ann", roomId: "lobby", position });
  const { violations } = ledger.close({ slackMs });
  assert.equal(violations.count("foreign"), 4);
  assert.equal(violations.total, 4);
});

test("a message that was received twice is twice at fault when its position goes back too", () => {
  const [counts] = new History().send("a").acknowledge("a", 1).deliver("a", 1).receive("bob", "a", 1).found();
  assert.deepEqual(counts, { twice: 1, disordered: 1 });
});

test("a sender's messages out of order are told for every receiver", () => {
  const history = new History().send("a", "b").acknowledge("b", 1).acknowledge("a", 2).deliver("b", 1).deliver("a", 2);
  const [counts, words] = history.found();
  assert.deepEqual(counts, { disordered: 2 });
  assert.deepEqual(words[1], "disordered: a after b, by bob in lobby");
});

test("a message whose sender gave it up may be late, which is counted", () => {
  const { ledger } = new History()
    .send("a", "b")
    .settle("a", "unknown")
    .acknowledge("b", 1)
    .deliver("b", 1)
    .deliver("a", 2)
    .archive(["b", 1], ["a", 2]);
  const { violations, late } = ledger.close({ slackMs });
  assert.deepEqual([violations.total, late], [0, 2]);
});

test("an acknowledged message may be missing within a gap that its member was told of, and nothing is waited for then", () => {
  const history = () => new History({ durable: false }).send("a").acknowledge("a", 5).receive("ann", "a", 5);
  assert.equal(history().ledger.isComplete, false);
  assert.deepEqual(history().gap("bob", [4, log], [0, "log-2"]).found(), [{}, []]);
  assert.equal(history().gap("bob", [4, log], [0, "log-2"]).ledger.isComplete, true);
  assert.deepEqual(history().gap("bob", [5, log], [0, "log-2"]).found()[0], { lost: 1 });
  assert.deepEqual(history().gap("ann", [4, log], [0, "log-2"]).found()[0], { lost: 1 });
});

test("where logs do not last a message may be stored anew at another position", () => {
  const history = new History({ durable: false }).send("a").acknowledge("a", 1, "log-2");
  assert.deepEqual(history.receive("ann", "a", 7).receive("bob", "a", 1, "log-2").found(), [{}, []]);
});

test("an id is sent once, and settles only when it was", () => {
  const { ledger } = new History().send("a");
  assert.throws(
    () => ledger.sent({ id: "a", from: "ann", roomId: "lobby", deadlineAtMs, expected: undefined }),
    /a second time/,
  );
  assert.throws(() => ledger.settled("b", "unknown", 1), /was never sent/);
});

test("of each kind only some are told in words, and all are counted", () => {
  const { ledger } = new History();
  for (let n = 0; n < 8; n++) ledger.failed(`no. ${n}`);
  const { violations } = ledger.close({ slackMs });
  assert.equal(violations.count("errors"), 8);
  assert.equal(violations.examples.length, 5);
});
