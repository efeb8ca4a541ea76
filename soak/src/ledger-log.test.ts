import assert from "node:assert/strict";
import { test } from "node:test";
import { History, log, type WrongHistory } from "./test-kit/history.ts";

/** With nobody in the room but its log. */
const unmembered = () => new History({ members: new Map([["lobby", []]]) });

/** Histories in which the log is wrong, or others are by what it holds. */
const wrong: Readonly<Record<string, WrongHistory>> = {
  "an acknowledged message that the log does not hold is lost": {
    history: new History()
      .send("a", "b")
      .acknowledge("a", 1)
      .acknowledge("b", 2)
      .deliver("a", 1)
      .deliver("b", 2)
      .archive(["a", 1]),
    kind: "lost",
    words: /b at 2 of log-1, by the log of lobby/,
  },
  "a message that all members got and its sender knows nothing of is lost when the log does not hold it": {
    history: new History().send("a", "b").settle("a", "unknown").settle("b", "unknown").deliver("a", 1).archive(),
    kind: "lost",
    words: /a at 1 of log-1, by the log of lobby/,
  },
  "an acknowledged message is lost when a log that lasts is empty": {
    history: new History().send("a").acknowledge("a", 1).deliver("a", 1).archive(),
    kind: "lost",
    words: /a at 1 of log-1, by the log of lobby/,
  },
  "an acknowledged message is lost when a log that lasts has begun anew": {
    history: new History()
      .send("a", "b")
      .acknowledge("a", 1)
      .acknowledge("b", 1, "log-2")
      .deliver("a", 1)
      .deliver("b", 1, "log-2")
      .archive(["b", 1, "log-2"]),
    kind: "lost",
    words: /a at 1 of log-1, by the log of lobby/,
  },
  "a message that was stored anew where logs do not last is lost when the new log does not hold it": {
    history: new History({ durable: false })
      .send("a", "b")
      .acknowledge("a", 1)
      .acknowledge("b", 2, "log-2")
      .receive("ann", "a", 1)
      .receive("bob", "a", 1, "log-2")
      .deliver("b", 2, "log-2")
      .archive(["b", 2, "log-2"]),
    kind: "lost",
    words: /a at 1 of log-2, by the log of lobby/,
  },
  "a message that is stored, and that its sender knows nothing of, is lost to a member who never got it": {
    history: new History({ members: new Map([["lobby", ["ann"]]]) }).send("a").settle("a", "unknown").archive(["a", 1]),
    kind: "lost",
    words: /a at 1 of log-1, by ann/,
  },
  "a message that the log holds two times is there twice": {
    history: new History().send("a").acknowledge("a", 1).deliver("a", 1).archive(["a", 1], ["a", 2]),
    kind: "twice",
    words: /a at 2 of log-1, by the log of lobby/,
  },
  "a log whose positions go back is out of order": {
    history: unmembered().send("a", "b").settle("a", "unknown").settle("b", "unknown").archive(["a", 2], ["b", 1]),
    kind: "disordered",
    words: /b at 1 of log-1, by the log of lobby, after 2 of log-1/,
  },
  "an expired message that is in the log was not unsent": {
    history: unmembered().sendUnsent("a").settle("a", "expired").archive(["a", 1]),
    kind: "unsent",
    words: /a: expired, and received by the log of lobby/,
  },
  "a rejected message that is in the log was not unsent": {
    history: unmembered().send("a").settle("a", "rejected").archive(["a", 1]),
    kind: "unsent",
    words: /a: rejected, and received by the log of lobby/,
  },
  "a receipt with another position than the log has is misplaced": {
    history: new History().send("a").acknowledge("a", 1).deliver("a", 1).archive(["a", 2]),
    kind: "misplaced",
    words: /a: 1 of log-1, 2 of log-1/,
  },
  "a message that its receivers saw elsewhere than the log has it is misplaced, whatever its sender knows": {
    history: new History().send("a").settle("a", "unknown").deliver("a", 1).archive(["a", 7]),
    kind: "misplaced",
    words: /a: 1 of log-1, 7 of log-1/,
  },
  "a message in the log that nobody sent is foreign": {
    history: new History().archive(["a", 1]),
    kind: "foreign",
    words: /a of ann in lobby, by the log of lobby/,
  },
  "a message in the log in another's name is foreign": {
    history: new History().send("a").settle("a", "unknown").archive(["a", 1, log, "bob"]),
    kind: "foreign",
    words: /a of bob in lobby, by the log of lobby/,
  },
  "a message of another room in the log is foreign": {
    history: new History({
      members: new Map([
        ["lobby", ["ann"]],
        ["attic", ["ann"]],
      ]),
    })
      .sendTo("attic", "a")
      .settle("a", "unknown")
      .archive(["a", 1, log, "ann", "attic"]),
    kind: "foreign",
    words: /a of ann in attic, by the log of lobby/,
  },
};

for (const [name, { history, kind, words }] of Object.entries(wrong)) {
  test(name, () => {
    const [counts, examples] = history.found();
    assert.deepEqual(counts, { [kind]: 1 });
    assert.match(examples[0] ?? "", words);
  });
}

test("a sender's messages out of order in the log are told once, whoever received them", () => {
  const history = unmembered().send("a", "b").acknowledge("b", 1).acknowledge("a", 2).archive(["b", 1], ["a", 2]);
  const [counts, words] = history.found();
  assert.deepEqual(counts, { disordered: 1 });
  assert.deepEqual(words, ["disordered: a after b, by the log of lobby"]);
});

test("a log may be read in parts, and what is not read yet is waited for", () => {
  const history = new History().send("a", "b").acknowledge("a", 1).acknowledge("b", 2).deliver("a", 1).deliver("b", 2);
  assert.equal(history.ledger.isComplete, true);
  assert.equal(history.archive(["a", 1]).ledger.isComplete, false);
  assert.equal(history.archive(["b", 2]).ledger.isComplete, true);
  assert.deepEqual(history.found(), [{}, []]);
});

test("what died with its log is not looked for in the next one, which may be empty or have begun anew", () => {
  const history = () => new History({ durable: false }).send("a", "b").acknowledge("a", 1).deliver("a", 1);
  assert.deepEqual(history().settle("b", "unknown").archive().found(), [{}, []]);
  const anew = history().acknowledge("b", 1, "log-2").deliver("b", 1, "log-2").archive(["b", 1, "log-2"]);
  assert.deepEqual(anew.found(), [{}, []]);
});

test("what only the log holds is not counted as received", () => {
  const history = new History().send("a", "b").settle("a", "unknown").settle("b", "canceled");
  const { received, unknownDelivered, canceledDelivered } = history.archive(["a", 1], ["b", 2]).ledger.count();
  assert.deepEqual([received, unknownDelivered, canceledDelivered], [0, 0, 0]);
});
