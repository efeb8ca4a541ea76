import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineAtMs, History, log, slackMs, type WrongHistory } from "./test-kit/history.ts";

/** Histories with one thing wrong each, as senders and receivers saw them. */
const wrong: Readonly<Record<string, WrongHistory>> = {
  "an acknowledged message that one member never got is lost": {
    history: new History().send("a").acknowledge("a", 1).receive("ann", "a", 1),
    kind: "lost",
    words: /a at 1 of log-1, by bob/,
  },
  "an acknowledged message that nobody ever got is lost": {
    history: new History({ members: new Map([["lobby", ["ann"]]]) }).send("a").acknowledge("a", 1),
    kind: "lost",
    words: /a at 1 of log-1, by ann/,
  },
  "a message that one member got is lost to the other, though its sender knows nothing": {
    history: new History().send("a").settle("a", "unknown").receive("ann", "a", 1),
    kind: "lost",
    words: /a at 1 of log-1, by bob/,
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
