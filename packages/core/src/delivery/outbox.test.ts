import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { type AckContent, AckContentSchema } from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import { ImError } from "../im-error.ts";
import { collectGarbage } from "../test-kit/collect-garbage.ts";
import { outgoing } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { Outbox } from "./outbox.ts";
import { type OutboxOptions, resolveOutboxOptions } from "./outbox-options.ts";

function setup(options: OutboxOptions = {}) {
  const clock = new ManualClock();
  const outbox = new Outbox({ options: resolveOutboxOptions(options), clock });
  let ready = 0;
  return {
    clock,
    outbox,
    send: (
      id: string,
      { timeoutMs = 1_000, signal, bytes }: { timeoutMs?: number; signal?: AbortSignal; bytes?: number } = {},
    ) => {
      const sent = outbox.send(outgoing(id, bytes), { deadlineAtMs: clock.now() + timeoutMs, signal });
      sent.catch(() => {});
      return sent;
    },
    attach: (settlement: "acknowledged" | "written") => outbox.attach(settlement, () => ready++),
    takeAll: () => {
      const ids: string[] = [];
      for (let message = outbox.take(); message !== undefined; message = outbox.take()) ids.push(message.messageId);
      return ids;
    },
    get ready() {
      return ready;
    },
  };
}

function ack(originalMessageId: string, fields: MessageInitShape<typeof AckContentSchema> = {}): AckContent {
  return create(AckContentSchema, { originalMessageId, success: true, ...fields });
}

/** Ids of the promises that are pending. */
async function pending(sends: Record<string, Promise<unknown>>): Promise<string[]> {
  const open = new Set(Object.keys(sends));
  for (const [id, sent] of Object.entries(sends)) {
    const done = () => open.delete(id);
    sent.then(done, done);
  }
  await settle();
  return [...open];
}

describe("how a send ends", () => {
  test("an ACK resolves it with the position in the room's log", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const sent = send("m");
    assert.deepEqual(takeAll(), ["m"]);
    outbox.onWritten("m");
    assert.deepEqual(await pending({ m: sent }), ["m"], "handing over to HTTP/2 settles nothing here");
    outbox.onAck(ack("m", { sequence: 7n, epoch: "e" }));
    assert.deepEqual(await sent, { messageId: "m", delivery: "acknowledged", sequence: 7n, epoch: "e" });
    assert.equal(outbox.size, 0);
  });

  test("on a link without ACKs the hand-over to HTTP/2 resolves it", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("written");
    const sent = send("m");
    outbox.onWritten("m");
    assert.deepEqual(await pending({ m: sent }), ["m"], "it had not left");
    takeAll();
    outbox.onWritten("m");
    assert.deepEqual(await sent, { messageId: "m", delivery: "written" });
  });

  test("a message asks for an ACK only where one will come", () => {
    const { outbox, send, attach } = setup();
    attach("acknowledged");
    void send("a");
    assert.equal(outbox.take()?.ackRequired, true);
    outbox.detach();
    attach("written");
    void send("b");
    assert.equal(outbox.take()?.ackRequired, false);
  });

  test("a refusal rejects it with the server's code, and is worth a retry when the server says when", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const [full, forbidden] = [send("full"), send("forbidden")];
    takeAll();
    const retryAfter = { seconds: 2n, nanos: 500_000_000 };
    outbox.onAck(ack("full", { success: false, code: 8, errorMessage: "slow down", retryAfter }));
    outbox.onAck(ack("forbidden", { success: false, code: 7, errorMessage: "not yours" }));
    await assert.rejects(full, (error: unknown) => {
      assert.ok(hasCode("rejected", "full", "slow down")(error) && error instanceof ImError);
      assert.deepEqual([error.retryable, error.retryAfterMs], [true, 2_500]);
      assert.ok(error.cause instanceof ConnectError);
      assert.equal(error.cause.code, 8);
      return true;
    });
    await assert.rejects(forbidden, (error: unknown) => error instanceof ImError && !error.retryable);
  });

  test("at its deadline it rejects `expired` when it never left, and `unknown` when it did", async () => {
    const { outbox, clock, send, attach, takeAll } = setup();
    attach("acknowledged");
    const left = send("left", { timeoutMs: 100 });
    takeAll();
    const stayed = send("stayed", { timeoutMs: 100 });
    await clock.advance(99);
    assert.deepEqual(await pending({ left, stayed }), ["left", "stayed"]);
    await clock.advance(1);
    await assert.rejects(left, hasCode("unknown", "left"));
    await assert.rejects(stayed, hasCode("expired", "stayed"));
    assert.deepEqual(takeAll(), [], "what has expired never leaves");
    assert.deepEqual([outbox.size, clock.pending], [0, 0]);
  });

  test("deadlines are kept in any order, and a later one does not hold back an earlier", async () => {
    const { clock, send } = setup();
    const sends = {
      a: send("a", { timeoutMs: 300 }),
      b: send("b", { timeoutMs: 100 }),
      c: send("c", { timeoutMs: 200 }),
    };
    const open: string[][] = [];
    for (let step = 0; step < 3; step++) {
      await clock.advance(100);
      open.push(await pending(sends));
    }
    assert.deepEqual(open, [["a", "c"], ["a"], []]);
  });

  test("an abort before it has left cancels it, and it never leaves", async () => {
    const { send, attach, takeAll } = setup();
    attach("acknowledged");
    const abort = new AbortController();
    const sent = send("m", { signal: abort.signal });
    abort.abort();
    await assert.rejects(sent, hasCode("canceled", "before"));
    assert.deepEqual(takeAll(), []);
    await assert.rejects(send("n", { signal: abort.signal }), hasCode("canceled", "before"));
  });

  test("an abort after it has left says so, and it is not sent again", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const abort = new AbortController();
    const sent = send("m", { signal: abort.signal });
    takeAll();
    abort.abort();
    await assert.rejects(sent, hasCode("canceled", "after"));
    outbox.detach();
    attach("acknowledged");
    assert.deepEqual(takeAll(), []);
    outbox.onAck(ack("m"));
  });

  test("a signal that many messages share holds none of them once they are settled", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const { signal } = new AbortController();
    void send("a", { signal });
    void send("b", { signal });
    assert.equal(getEventListeners(signal, "abort").length, 2);
    takeAll();
    outbox.onAck(ack("a"));
    assert.equal(getEventListeners(signal, "abort").length, 1);
  });

  test("an id that is on its way is refused, also while it waits for room", async () => {
    const { outbox, clock, send } = setup({ maxMessages: 1 });
    const first = send("m");
    await assert.rejects(send("m"), hasCode("already_exists", "m"));
    const waiting = send("w");
    await assert.rejects(send("w"), hasCode("already_exists", "w"));
    assert.equal(outbox.size, 2);
    await clock.advance(1_000);
    await assert.rejects(first, hasCode("expired"));
    await assert.rejects(waiting, hasCode("expired"));
    await assert.doesNotReject(async () => void send("m"), "a settled id is free again");
  });

  test("closing settles everything: `unknown` for what has left, the reason for the rest", async () => {
    const { outbox, clock, send, attach, takeAll } = setup({ maxMessages: 2 });
    attach("acknowledged");
    const left = send("left");
    takeAll();
    const [stayed, waiting] = [send("stayed"), send("waiting")];
    outbox.close(new ImError("canceled", "the client was disconnected"));
    await assert.rejects(left, hasCode("unknown"));
    for (const sent of [stayed, waiting]) await assert.rejects(sent, hasCode("canceled", "disconnected"));
    assert.deepEqual([outbox.size, clock.pending], [0, 0]);
  });

  test("`whenEmpty` resolves when the last message has settled", async () => {
    const { outbox, send, attach, takeAll } = setup({ maxMessages: 1 });
    await outbox.whenEmpty();
    attach("acknowledged");
    void send("a");
    void send("b");
    const empty = outbox.whenEmpty();
    outbox.onAck(ack(takeAll()[0] ?? ""));
    assert.deepEqual(await pending({ empty }), ["empty"]);
    outbox.onAck(ack(takeAll()[0] ?? ""));
    await empty;
  });
});

describe("when the connection changes", () => {
  test("what has no ACK goes out again, in order, under its id, before new messages", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    for (const id of ["a", "b", "c"]) void send(id);
    assert.deepEqual(takeAll(), ["a", "b", "c"]);
    outbox.onAck(ack("b"));
    outbox.detach();
    void send("d");
    assert.equal(outbox.take(), undefined, "nobody takes while there is no connection");
    attach("acknowledged");
    void send("e");
    assert.deepEqual(takeAll(), ["a", "c", "d", "e"]);
  });

  test("what left on a link with ACKs is `unknown` when the next gives none, and what never left goes out there", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const [left, stayed] = [send("left"), send("stayed")];
    outbox.take();
    outbox.detach();
    assert.deepEqual(await pending({ left, stayed }), ["left", "stayed"]);
    attach("written");
    await assert.rejects(left, hasCode("unknown", "broke"));
    assert.deepEqual(takeAll(), ["stayed"]);
    outbox.onWritten("stayed");
    assert.equal((await stayed).delivery, "written");
  });

  test("what was taken on a link without ACKs and not yet handed over is `unknown` when that link is gone", async () => {
    const { outbox, send, attach } = setup();
    attach("written");
    const [taken, stayed] = [send("taken"), send("stayed")];
    outbox.take();
    outbox.detach();
    await assert.rejects(taken, hasCode("unknown", "broke"));
    assert.deepEqual(await pending({ stayed }), ["stayed"]);
  });

  test("a link that comes to acknowledge keeps its word for what left before, and acknowledges the rest", async () => {
    const { outbox, send, attach } = setup();
    attach("written");
    const [early, late] = [send("early"), send("late")];
    outbox.take();
    outbox.upgrade();
    assert.equal(outbox.take()?.ackRequired, true);
    outbox.onWritten("early");
    outbox.onWritten("late");
    assert.equal((await early).delivery, "written");
    assert.deepEqual(await pending({ late }), ["late"]);
    outbox.onAck(ack("late"));
    assert.equal((await late).delivery, "acknowledged");
  });

  test("an ACK that comes late, by another link, settles the message and keeps it from going out again", async () => {
    const { outbox, send, attach, takeAll } = setup();
    attach("acknowledged");
    const sent = send("m");
    takeAll();
    outbox.detach();
    attach("acknowledged");
    outbox.onAck(ack("m"));
    assert.equal((await sent).delivery, "acknowledged");
    assert.deepEqual(takeAll(), []);
    outbox.onAck(ack("m", { success: false }));
    outbox.onAck(ack("never sent"));
  });

  test("the link is told when there is something after there was nothing, and only then", () => {
    const state = setup();
    void state.send("a");
    state.attach("acknowledged");
    assert.equal(state.ready, 1);
    void state.send("b");
    assert.equal(state.ready, 1);
    state.takeAll();
    void state.send("c");
    assert.equal(state.ready, 2);
    state.takeAll();
    state.outbox.detach();
    void state.send("d");
    assert.equal(state.ready, 2);
  });
});

describe("a full outbox", () => {
  test("lets messages wait in order, within their deadlines", async () => {
    const { outbox, clock, send, attach, takeAll } = setup({ maxMessages: 2 });
    attach("acknowledged");
    for (const id of ["a", "b"]) void send(id);
    const short = send("short", { timeoutMs: 10 });
    const sends = { c: send("c"), d: send("d") };
    assert.deepEqual(takeAll(), ["a", "b"]);
    await clock.advance(10);
    await assert.rejects(short, hasCode("expired"));
    outbox.onAck(ack("a"));
    assert.deepEqual(takeAll(), ["c"]);
    outbox.onAck(ack("b"));
    assert.deepEqual(takeAll(), ["d"]);
    assert.deepEqual(await pending(sends), ["c", "d"]);
  });

  test("counts bytes as well, but takes one message of any size", () => {
    const { outbox, send, attach, takeAll } = setup({ maxBytes: 2_000 });
    attach("acknowledged");
    void send("large", { bytes: 5_000 });
    void send("small", { bytes: 1 });
    assert.deepEqual(takeAll(), ["large"]);
    outbox.onAck(ack("large"));
    assert.deepEqual(takeAll(), ["small"]);
    void send("half", { bytes: 1_000 });
    void send("other half", { bytes: 1_000 });
    assert.deepEqual(takeAll(), ["half"]);
    outbox.onAck(ack("small"));
    assert.deepEqual(takeAll(), [], "still too many bytes");
    outbox.onAck(ack("half"));
    assert.deepEqual(takeAll(), ["other half"]);
  });

  test("is full when the bytes reach the bound, not before", () => {
    // Each message counts 256 bytes beside its content.
    const { send, attach, takeAll } = setup({ maxBytes: 512 });
    attach("acknowledged");
    void send("a", { bytes: 0 });
    void send("b", { bytes: 0 });
    assert.deepEqual(takeAll(), ["a", "b"]);
  });

  test("lets in what waits behind a message that was given up", () => {
    const { send, attach, takeAll } = setup({ maxBytes: 1_000 });
    attach("acknowledged");
    const abort = new AbortController();
    void send("a", { bytes: 100 });
    void send("too large for now", { bytes: 900, signal: abort.signal });
    void send("b", { bytes: 100 });
    assert.deepEqual(takeAll(), ["a"], "a small message does not overtake a large one");
    abort.abort();
    assert.deepEqual(takeAll(), ["b"]);
  });

  test("refuses at once when asked to, and takes messages again when there is room", async () => {
    const { outbox, send, attach, takeAll } = setup({ maxMessages: 1, whenFull: "reject" });
    attach("acknowledged");
    void send("a");
    await assert.rejects(send("b"), hasCode("resource_exhausted", "1 messages"));
    assert.equal(outbox.size, 1);
    outbox.onAck(ack(takeAll()[0] ?? ""));
    void send("c");
    assert.deepEqual(takeAll(), ["c"]);
  });

  test("drops the oldest that has not left when asked to", async () => {
    const { send, attach, outbox, takeAll } = setup({ maxMessages: 2, whenFull: "drop-oldest" });
    attach("acknowledged");
    void send("left");
    outbox.take();
    const oldest = send("oldest");
    void send("new");
    await assert.rejects(oldest, hasCode("expired", "dropped"));
    assert.deepEqual(takeAll(), ["new"]);
  });

  test("drops as many as the bytes of the new one need, and no more", async () => {
    const { send, attach, takeAll } = setup({ maxBytes: 2_000, whenFull: "drop-oldest" });
    const sends = { a: send("a", { bytes: 100 }), b: send("b", { bytes: 100 }), c: send("c", { bytes: 100 }) };
    void send("large", { bytes: 1_200 });
    assert.deepEqual(await pending(sends), ["c"]);
    attach("acknowledged");
    assert.deepEqual(takeAll(), ["c", "large"]);
  });

  test("drops those that wait as well, when everything in it has left", async () => {
    const { outbox, send, attach, takeAll } = setup({ maxMessages: 1, whenFull: "drop-oldest" });
    attach("acknowledged");
    void send("left");
    takeAll();
    const sends = Object.fromEntries(["b", "c", "d"].map((id) => [id, send(id)]));
    assert.deepEqual(await pending(sends), ["d"]);
    assert.equal(outbox.size, 2);
    outbox.onAck(ack("left"));
    assert.deepEqual(takeAll(), ["d"]);
  });
});

describe("a stalled link", () => {
  test("holds no messages that were cancelled meanwhile", async () => {
    const { outbox, attach, takeAll, send } = setup();
    attach("acknowledged");
    void send("first");
    const refs: WeakRef<object>[] = [];
    for (let batch = 0; batch < 20; batch++) {
      for (let index = 0; index < 500; index++) {
        const message = outgoing(`${batch}-${index}`, 16);
        refs.push(new WeakRef(message));
        const abort = new AbortController();
        outbox.send(message, { deadlineAtMs: 1_000, signal: abort.signal }).catch(() => {});
        abort.abort();
      }
      await settle();
    }
    // What the queue may still hold is bounded by what is unsettled, not by what passed through.
    collectGarbage();
    const kept = refs.filter((ref) => ref.deref() !== undefined).length;
    assert.ok(kept <= 1_500, `${kept} of ${refs.length} cancelled messages are kept`);
    void send("last");
    assert.deepEqual(takeAll(), ["first", "last"]);
  });

  test("that is to send messages again forgets none of them over those that were cancelled", () => {
    const { outbox, attach, takeAll, send } = setup();
    attach("acknowledged");
    for (const id of ["a", "b"]) void send(id);
    takeAll();
    outbox.detach();
    attach("acknowledged");
    assert.equal(outbox.take()?.messageId, "a");
    for (let index = 0; index < 3_000; index++) {
      const abort = new AbortController();
      void send(`${index}`, { signal: abort.signal });
      abort.abort();
    }
    void send("new");
    assert.deepEqual(takeAll(), ["b", "new"]);
  });
});

describe("with `resendUnanswered`", () => {
  test("a message that was on its way to a plain server when the stream broke is sent again, and is settled once", async () => {
    const { outbox, send, attach, takeAll } = setup({ resendUnanswered: true });
    attach("written");
    const sent = send("m");
    takeAll();
    outbox.detach();
    assert.deepEqual(await pending({ sent }), ["sent"]);
    attach("written");
    assert.deepEqual(takeAll(), ["m"]);
    outbox.onWritten("m");
    assert.deepEqual(await sent, { messageId: "m", delivery: "written" });
  });

  test("so is one that a server which acknowledges did not answer, and it still ends by its deadline", async () => {
    const { outbox, clock, send, attach, takeAll } = setup({ resendUnanswered: true });
    attach("acknowledged");
    const sent = send("m");
    takeAll();
    outbox.detach();
    attach("written");
    assert.deepEqual(takeAll(), ["m"]);
    await clock.advance(1_000);
    await assert.rejects(sent, hasCode("unknown", "m"));
  });
});

describe("a server that ends streams over a message", () => {
  const tooLarge = new ImError("resource_exhausted", "message is larger than 4194304 bytes");

  test("is given the largest twice and then never again, so that those beside it get through", async () => {
    const { outbox, send, attach, takeAll } = setup();
    const [before, culprit, next] = [send("before"), send("culprit", { bytes: 5_000_000 }), send("next")];
    for (let stream = 0; stream < 2; stream++) {
      attach("acknowledged");
      assert.deepEqual(takeAll(), ["before", "culprit", "next"]);
      outbox.detach(tooLarge);
    }
    await assert.rejects(culprit, hasCode("unknown", "culprit", "larger than 4194304"));
    attach("acknowledged");
    assert.deepEqual(takeAll(), ["before", "next"]);
    outbox.onAck(ack("before"));
    await before;
    outbox.onAck(ack("next"));
    assert.equal((await next).delivery, "acknowledged");
  });

  test("is not taken for one when it ends them before it has taken anything", async () => {
    const { outbox, send, attach, takeAll } = setup();
    const sent = send("m");
    attach("acknowledged");
    takeAll();
    for (let stream = 0; stream < 4; stream++) {
      outbox.detach(tooLarge);
      attach("acknowledged");
    }
    assert.deepEqual(await pending({ sent }), ["sent"]);
  });
});

describe("what an earlier process has left", () => {
  function restored(...ids: string[]) {
    const clock = new ManualClock(10_000);
    const orphans: string[] = [];
    const outbox = new Outbox({
      options: resolveOutboxOptions({ maxMessages: 1 }),
      clock,
      onOrphanSettled: ({ messageId }, outcome) =>
        orphans.push(`${messageId} ${outcome instanceof ImError ? outcome.code : outcome.delivery}`),
    });
    const send = (id: string) => outbox.send(outgoing(id), { deadlineAtMs: 11_000 });
    outbox.restore(ids.map((id) => ({ message: outgoing(id), deadlineAtMs: 10_500 })));
    const takeAll = () => {
      const taken: string[] = [];
      for (let message = outbox.take(); message !== undefined; message = outbox.take()) taken.push(message.messageId);
      return taken;
    };
    return { clock, outbox, orphans, send, takeAll };
  }

  test("is sent before what is new, also when that was sent before it was found, and its end is told", async () => {
    const { outbox, orphans, send, takeAll } = restored();
    const sent = send("new");
    outbox.restore(["a", "b"].map((id) => ({ message: outgoing(id), deadlineAtMs: 11_000 })));
    outbox.attach("acknowledged", () => {});
    assert.deepEqual(takeAll(), ["a", "b", "new"]);
    for (const id of ["a", "new"]) outbox.onAck(ack(id));
    outbox.onAck(ack("b", { success: false }));
    await sent;
    assert.deepEqual(orphans, ["a acknowledged", "b rejected"]);
  });

  test("is told to whoever sends it again, as long as it is under way", async () => {
    const { outbox, orphans, send, takeAll } = restored("a");
    const sent = send("a");
    await assert.rejects(send("a"), hasCode("already_exists", "a"));
    outbox.attach("acknowledged", () => {});
    assert.deepEqual(takeAll(), ["a"]);
    outbox.onAck(ack("a", { sequence: 3n }));
    assert.equal((await sent).sequence, 3n);
    assert.deepEqual(orphans, []);
  });

  test("may have left: past its deadline it is unknown at once, and later by it; on a plain server as well", async () => {
    const { clock, outbox, orphans } = restored("a");
    outbox.restore([{ message: outgoing("late"), deadlineAtMs: 10_000 }]);
    assert.deepEqual(orphans, ["late unknown"]);
    await clock.advance(500);
    assert.deepEqual(orphans, ["late unknown", "a unknown"]);
    const plain = restored("b");
    plain.outbox.attach("written", () => {});
    assert.deepEqual(plain.orphans, ["b unknown"]);
  });

  test("that somebody sent again while it was being found is kept once, at its old place", () => {
    const { outbox, send, takeAll } = restored();
    for (const id of ["new", "a"]) send(id).catch(() => {});
    outbox.restore(["a", "b"].map((id) => ({ message: outgoing(id), deadlineAtMs: 11_000 })));
    outbox.attach("acknowledged", () => {});
    assert.deepEqual(takeAll(), ["a", "b", "new"]);
    assert.equal(outbox.size, 3);
    outbox.close(new ImError("canceled", "over"));
  });
});

describe("with a journal", () => {
  function journaled() {
    const clock = new ManualClock();
    const kept: { id: string; done: (error?: ImError) => void }[] = [];
    const forgotten: { id: string; done: () => void }[] = [];
    const outbox = new Outbox({
      options: resolveOutboxOptions(),
      clock,
      journal: {
        keep: ({ messageId: id }, _deadlineAtMs, done) => kept.push({ id, done: (error) => done(error) }),
        forget: (id, done = () => {}) => forgotten.push({ id, done }),
      },
    });
    let ready = 0;
    outbox.attach("acknowledged", () => ready++);
    return { clock, outbox, kept, forgotten, ready: () => ready };
  }
  const limits = { deadlineAtMs: 1_000 };

  test("a message leaves only once it is kept, and is forgotten when it has ended", async () => {
    const { outbox, kept, forgotten, ready } = journaled();
    const sent = outbox.send(outgoing("m"), limits);
    assert.deepEqual([outbox.take(), ready()], [undefined, 0]);
    kept[0]?.done();
    assert.deepEqual([ready(), outbox.take()?.messageId], [1, "m"]);
    outbox.onAck(ack("m"));
    assert.equal((await sent).delivery, "acknowledged");
    assert.deepEqual(
      forgotten.map(({ id }) => id),
      ["m"],
    );
  });

  test("one that is not kept yet when a stream comes up leaves on it later", () => {
    const { outbox, kept } = journaled();
    outbox.send(outgoing("m"), limits).catch(() => {});
    outbox.detach();
    outbox.attach("acknowledged", () => {});
    assert.equal(outbox.take(), undefined);
    kept[0]?.done();
    assert.equal(outbox.take()?.messageId, "m");
    outbox.close(new ImError("canceled", "over"));
  });

  test("a message that cannot be kept is not sent, and says why", async () => {
    const { outbox, kept, forgotten } = journaled();
    const sent = outbox.send(outgoing("m"), limits);
    kept[0]?.done(new ImError("internal", "disk full"));
    forgotten[0]?.done();
    await assert.rejects(sent, hasCode("internal", "disk full"));
    assert.equal(outbox.take(), undefined);
  });

  test("that a message will not arrive is told when no later process can find it, or when its deadline is over", async () => {
    const { clock, outbox, kept, forgotten } = journaled();
    const abort = new AbortController();
    const sends = {
      first: outbox.send(outgoing("first"), { ...limits, signal: abort.signal }),
      second: outbox.send(outgoing("second"), { ...limits, signal: abort.signal }),
    };
    for (const sent of Object.values(sends)) sent.catch(() => {});
    for (const { done } of kept) done();
    abort.abort();
    let isDrained = false;
    void outbox.whenEmpty().then(() => {
      isDrained = true;
    });
    assert.deepEqual(await pending(sends), ["first", "second"]);
    assert.deepEqual([outbox.take(), isDrained], [undefined, false]);
    forgotten[0]?.done();
    await assert.rejects(sends.first, hasCode("canceled", "first"));
    assert.deepEqual(await pending(sends), ["second"]);
    await clock.advance(1_000);
    await assert.rejects(sends.second, hasCode("canceled", "second"));
    forgotten[1]?.done();
    await settle();
    assert.equal(isDrained, true);
  });

  test("each is told at its own deadline when the journal hangs, and all when it is closed", async () => {
    const { clock, outbox, kept } = journaled();
    const abort = new AbortController();
    const sends = Object.fromEntries(
      [100, 200, 300].map((deadlineAtMs) => [
        `${deadlineAtMs}`,
        outbox.send(outgoing(`${deadlineAtMs}`), { deadlineAtMs, signal: abort.signal }),
      ]),
    );
    for (const { done } of kept) done();
    abort.abort();
    assert.deepEqual(await pending(sends), ["100", "200", "300"]);
    await clock.advance(100);
    assert.deepEqual(await pending(sends), ["200", "300"]);
    outbox.close(new ImError("canceled", "over"));
    await clock.advance(100);
    assert.deepEqual(await pending(sends), ["300"]);
    outbox.onJournalClosed();
    assert.deepEqual([await pending(sends), clock.pending], [[], 0]);
  });

  test("that it may have arrived is told at once", async () => {
    const { outbox, kept } = journaled();
    const sent = outbox.send(outgoing("m"), limits);
    kept[0]?.done();
    outbox.take();
    outbox.close(new ImError("canceled", "over"));
    await assert.rejects(sent, hasCode("unknown"));
  });
});

describe("the door of a full outbox", () => {
  test("is passed in order: a small message does not overtake a large one that has no room yet", async () => {
    const { outbox, send, attach, takeAll } = setup({ maxBytes: 1_000 });
    attach("acknowledged");
    void send("first", { bytes: 500 });
    takeAll();
    for (const [id, bytes] of [
      ["large", 600],
      ["small", 1],
    ] as const)
      void send(id, { bytes });
    void send("third", { bytes: 1 });
    assert.deepEqual(takeAll(), []);
    outbox.onAck(ack("first"));
    assert.deepEqual(takeAll(), ["large"]);
    outbox.onAck(ack("large"));
    assert.deepEqual(takeAll(), ["small", "third"]);
  });

  test("counts what was restored once", () => {
    const { outbox, send, attach, takeAll } = setup({ maxBytes: 600 });
    void send("new").catch(() => {});
    outbox.restore([{ message: outgoing("old"), deadlineAtMs: 5_000 }]);
    attach("acknowledged");
    assert.deepEqual(takeAll(), ["old", "new"]);
    for (const id of ["old", "new"]) outbox.onAck(ack(id));
    for (const id of ["a", "b"]) void send(id);
    assert.deepEqual(takeAll(), ["a", "b"]);
  });
});

test("a message that was kept twice is restored once", async () => {
  const { outbox, attach, takeAll } = setup();
  const kept = { message: outgoing("m"), deadlineAtMs: 5_000 };
  outbox.restore([kept, { message: outgoing("n"), deadlineAtMs: 5_000 }, { ...kept, message: outgoing("m") }]);
  attach("acknowledged");
  assert.deepEqual(takeAll(), ["m", "n"]);
  for (const id of ["m", "n"]) outbox.onAck(ack(id));
  assert.equal(outbox.size, 0);
});

test("whether something waits for its ACK is known, however often a message leaves", async () => {
  const { outbox, send, attach, takeAll } = setup();
  attach("acknowledged");
  assert.equal(outbox.unacknowledged.isEmpty, true);
  void send("a");
  assert.equal(outbox.unacknowledged.isEmpty, true, "it has not left yet");
  takeAll();
  outbox.detach();
  attach("acknowledged");
  assert.deepEqual(takeAll(), ["a"]);
  void send("b");
  takeAll();
  outbox.onAck(ack("a"));
  assert.equal(outbox.unacknowledged.isEmpty, false);
  outbox.onAck(ack("b"));
  assert.equal(outbox.unacknowledged.isEmpty, true);
});
