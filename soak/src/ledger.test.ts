import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger, type LedgerOptions } from "./ledger.ts";
import type { Outcome } from "./sent-message.ts";
import type { ViolationKind } from "./violations.ts";

const deadlineAtMs = 1_000;
const slackMs = 50;
const log = "log-1";

/** A room with two members, ann and bob, and what is done to it in a test; messages are ann's unless told. */
class History {
  readonly ledger: Ledger;

  constructor(options: Partial<LedgerOptions> = {}) {
    this.ledger = new Ledger({ members: new Map([["lobby", ["ann", "bob"]]]), durable: true, ...options });
  }

  send(...ids: string[]): this {
    for (const id of ids) {
      this.ledger.sent({ id, from: "ann", roomId: "lobby", deadlineAtMs, expected: undefined });
      this.ledger.left(id);
    }
    return this;
  }

  sendUnsent(id: string, expected?: Outcome): this {
    this.ledger.sent({ id, from: "ann", roomId: "lobby", deadlineAtMs, expected });
    return this;
  }

  acknowledge(id: string, sequence: number, epoch = log): this {
    this.ledger.settled(id, "acknowledged", 10, { epoch, sequence: BigInt(sequence) });
    return this;
  }

  settle(id: string, outcome: Outcome, atMs = 10): this {
    this.ledger.settled(id, outcome, atMs);
    return this;
  }

  receive(by: string, id: string, sequence: number, epoch = log): this {
    const position = { epoch, sequence: BigInt(sequence) };
    this.ledger.received(by, { id, from: "ann", roomId: "lobby", position });
    return this;
  }

  /** Both members. */
  deliver(id: string, sequence: number, epoch = log): this {
    return this.receive("ann", id, sequence, epoch).receive("bob", id, sequence, epoch);
  }

  gap(who: string, after: [number, string], upTo: [number, string]): this {
    const position = ([sequence, epoch]: [number, string]) => ({ epoch, sequence: BigInt(sequence) });
    this.ledger.told(who, { roomId: "lobby", reason: "not_in_log", after: position(after), upTo: position(upTo) });
    return this;
  }

  archive(...stored: [string, number][]): this {
    const messages = stored.map(([id, sequence]) => ({ id, position: { epoch: log, sequence: BigInt(sequence) } }));
    this.ledger.archived("lobby", messages);
    return this;
  }

  /** What is wrong with it, by kind; and the words for it. */
  found(): [counts: Partial<Record<ViolationKind, number>>, words: readonly string[]] {
    const { violations } = this.ledger.close({ slackMs });
    const counts = Object.entries(violations.counts).filter(([, count]) => count > 0);
    return [Object.fromEntries(counts), violations.examples];
  }
}

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

/** Histories with one thing wrong each. */
const wrong: Record<string, { history: History; kind: ViolationKind; words: RegExp }> = {
  "an acknowledged message that one member never got is lost": {
    history: new History().send("a").acknowledge("a", 1).receive("ann", "a", 1),
    kind: "lost",
    words: /a at 1 of log-1, by bob/,
  },
  "a message that one member got is lost to the other, though its sender knows nothing": {
    history: new History().send("a").settle("a", "unknown").receive("ann", "a", 1),
    kind: "lost",
    words: /a at 1 of log-1, by bob/,
  },
  "an acknowledged message that the log does not hold is lost": {
    history: new History()
      .send("a", "b")
      .acknowledge("a", 1)
      .acknowledge("b", 2)
      .deliver("a", 1)
      .deliver("b", 2)
      .archive(["a", 1]),
    kind: "lost",
    words: /b, from the log of lobby/,
  },
  "a message that comes again at a later position came twice": {
    history: new History({ durable: false })
      .send("a")
      .acknowledge("a", 1)
      .deliver("a", 1)
      .receive("bob", "a", 1, "log-2"),
    kind: "twice",
    words: /a at 1 of log-2, by bob in lobby/,
  },
  "a message that the log holds two times is there twice": {
    history: new History().send("a").acknowledge("a", 1).deliver("a", 1).archive(["a", 1], ["a", 1]),
    kind: "twice",
    words: /a in the log of lobby/,
  },
  "positions that go back are out of order": {
    history: new History({ members: new Map([["lobby", ["ann"]]]) })
      .send("a", "b")
      .acknowledge("a", 2)
      .acknowledge("b", 1)
      .receive("ann", "a", 2)
      .receive("ann", "b", 1),
    kind: "disordered",
    words: /b at 1 of log-1, by ann in lobby, after 2 of log-1/,
  },
  "a log that was left and comes again is out of order": {
    history: new History({ durable: false })
      .send("a", "b", "c")
      .acknowledge("a", 1)
      .acknowledge("b", 1, "log-2")
      .acknowledge("c", 2)
      .deliver("a", 1)
      .deliver("b", 1, "log-2")
      .receive("ann", "c", 2)
      .gap("bob", [1, log], [0, "log-2"]),
    kind: "disordered",
    words: /c at 2 of log-1, by ann in lobby, after 1 of log-2/,
  },
  "an expired message that was received was not unsent": {
    history: new History().sendUnsent("a").settle("a", "expired").deliver("a", 1),
    kind: "unsent",
    words: /a: expired, and received/,
  },
  "an expired message that was seen leaving was not unsent": {
    history: new History().send("a").settle("a", "expired"),
    kind: "unsent",
    words: /a: expired, and had left/,
  },
  "a rejected message that was received was not unsent": {
    history: new History().send("a").settle("a", "rejected").deliver("a", 1),
    kind: "unsent",
    words: /a: rejected, and received/,
  },
  "a message that was cancelled before it left, and was received, was not unsent": {
    history: new History().sendUnsent("a").settle("a", "canceled").deliver("a", 1),
    kind: "unsent",
    words: /a: canceled, and received/,
  },
  "a message that leaves after it was cancelled was not unsent": {
    history: (() => {
      const history = new History().sendUnsent("a").settle("a", "canceled");
      history.ledger.left("a");
      return history;
    })(),
    kind: "unsent",
    words: /a: canceled, and left after that/,
  },
  "a send that never settles is unsettled": {
    history: new History().send("a"),
    kind: "unsettled",
    words: /a, never/,
  },
  "a send that settles past the slack of its deadline is unsettled": {
    history: new History().send("a").settle("a", "unknown", deadlineAtMs + slackMs + 1),
    kind: "unsettled",
    words: /a, unknown 51 ms after its deadline/,
  },
  "a send that had to be acknowledged, and is not, is unexpected": {
    history: new History().sendUnsent("a", "acknowledged").settle("a", "unknown"),
    kind: "unexpected",
    words: /a: unknown/,
  },
  "a send that had to be rejected, and is not, is unexpected": {
    history: new History().sendUnsent("a", "rejected").acknowledge("a", 1).deliver("a", 1),
    kind: "unexpected",
    words: /a: acknowledged/,
  },
  "a receipt with another position than the receivers saw is misplaced": {
    history: new History().send("a").acknowledge("a", 2).deliver("a", 1),
    kind: "misplaced",
    words: /a: 2 of log-1, 1 of log-1/,
  },
  "a receipt with another log than the receivers saw is misplaced where logs last": {
    history: new History().send("a").acknowledge("a", 1, "log-2").deliver("a", 1),
    kind: "misplaced",
    words: /a: 1 of log-2, 1 of log-1/,
  },
  "a receipt with another position than the log has is misplaced": {
    history: new History().send("a").acknowledge("a", 1).deliver("a", 1).archive(["a", 2]),
    kind: "misplaced",
    words: /a in the log of lobby/,
  },
  "a gap is wrong where logs last": {
    history: new History().gap("bob", [1, log], [3, log]),
    kind: "gaps",
    words: /bob in lobby: after 1 of log-1 up to 3 of log-1/,
  },
  "a gap within one log is wrong also where logs do not last": {
    history: new History({ durable: false }).gap("bob", [1, log], [3, log]),
    kind: "gaps",
    words: /bob in lobby: after 1 of log-1 up to 3 of log-1/,
  },
  "an error that nothing explains is wrong": {
    history: (() => {
      const history = new History();
      history.ledger.failed("the sky falls");
      return history;
    })(),
    kind: "errors",
    words: /the sky falls/,
  },
};

for (const [name, { history, kind, words }] of Object.entries(wrong)) {
  test(name, () => {
    const [counts, examples] = history.found();
    assert.deepEqual(counts, { [kind]: 1 });
    assert.match(examples[0] ?? "", words);
  });
}

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
    .deliver("a", 2);
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
