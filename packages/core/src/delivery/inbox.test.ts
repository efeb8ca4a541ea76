import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ImError } from "../im-error.ts";
import { incoming } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { settle } from "../test-kit/until.ts";
import { Inbox, type InboxParts } from "./inbox.ts";
import type { Delivery, Outcome } from "./message-consumer.ts";
import { RoomPositions } from "./room-positions.ts";

function setup(parts: Partial<InboxParts> = {}) {
  const { acknowledge = "automatic", positionsKept } = parts;
  const positions = new RoomPositions({
    onGap() {},
    waitsForAcknowledge: acknowledge === "manual" || positionsKept !== undefined,
  });
  const inbox = new Inbox({ positions, acknowledge, positionsKept, onGap() {} });
  const answered: string[] = [];
  const deliver = (sequence: number, bytes = 0) => {
    const frame = incoming(`${sequence}`, {
      epoch: "e",
      sequence: BigInt(sequence),
      previousSequence: BigInt(sequence - 1),
      content: new Uint8Array(bytes),
    });
    const accepted = positions.advance(frame);
    return accepted && inbox.deliver(frame, accepted, () => answered.push(frame.messageId));
  };
  return { inbox, positions, answered, deliver };
}

/** Takes all and answers none by itself. */
class Holder {
  readonly deliveries: Delivery[] = [];

  push(delivery: Delivery): undefined {
    this.deliveries.push(delivery);
  }

  end(): void {}

  done(index: number, outcome?: Outcome): void {
    this.deliveries[index]?.onHandled(outcome);
  }
}

const at = (sequence: number) => ({ epoch: "e", sequence: BigInt(sequence) });

describe("a message is answered", () => {
  test("when the last consumer is done with it and one of them has handled it", () => {
    const { inbox, answered, deliver } = setup();
    const [first, second] = [new Holder(), new Holder()];
    for (const holder of [first, second]) inbox.add(holder);
    for (const sequence of [1, 2, 3]) void deliver(sequence);
    first.done(0);
    assert.deepEqual(answered, []);
    second.done(0, "skipped");
    for (const holder of [first, second]) holder.done(1, "skipped");
    first.done(2, "dropped");
    second.done(2);
    assert.deepEqual(answered, ["1", "3"]);
  });

  test("by ack() alone where handlers do that by hand", () => {
    const { inbox, answered, deliver } = setup({ acknowledge: "manual" });
    const holder = new Holder();
    inbox.add(holder);
    void deliver(1);
    holder.done(0);
    assert.deepEqual(answered, []);
    holder.deliveries[0]?.message.ack();
    assert.deepEqual(answered, ["1"]);
  });
});

describe("by hand a room is read past a message", () => {
  const outcomes: [Outcome, boolean][] = [
    ["handled", false],
    ["dropped", false],
    ["skipped", true],
  ];
  for (const [outcome, isRead] of outcomes) {
    test(`${isRead ? "" : "not "}when all consumers have ${outcome} it`, () => {
      const { inbox, positions, answered, deliver } = setup({ acknowledge: "manual" });
      const holder = new Holder();
      inbox.add(holder);
      void deliver(1);
      holder.done(0, outcome);
      assert.deepEqual(positions.get("r"), at(isRead ? 1 : 0));
      assert.deepEqual(answered, []);
    });
  }
});

describe("where positions are kept a room is read past a message", () => {
  const kept = () => {
    const written = Promise.withResolvers<void>();
    return { written, ...setup({ positionsKept: () => written.promise }) };
  };

  test("when the first consumer begins with it, which waits until that is kept", async () => {
    const { written, inbox, positions, deliver } = kept();
    const holder = new Holder();
    inbox.add(holder);
    void deliver(1);
    assert.deepEqual(positions.get("r"), at(0));
    let hasBegun = false;
    void holder.deliveries[0]?.begin?.().then(() => {
      hasBegun = true;
    });
    assert.deepEqual(positions.get("r"), at(1));
    await settle();
    assert.equal(hasBegun, false);
    written.resolve();
    await settle();
    assert.equal(hasBegun, true);
  });

  test("when it is what was left of a loop that was left, but not when the client is closed before anybody began with it", () => {
    const { inbox, positions, deliver } = kept();
    const holder = new Holder();
    inbox.add(holder);
    for (const sequence of [1, 2]) void deliver(sequence);
    holder.done(0, "dropped");
    assert.deepEqual(positions.get("r"), at(1));
    inbox.close();
    holder.done(1, "dropped");
    assert.deepEqual(positions.get("r"), at(1));
  });

  test("one without a position is waited for by nothing", () => {
    const { inbox, positions } = kept();
    const holder = new Holder();
    inbox.add(holder);
    const frame = incoming("m");
    const accepted = positions.advance(frame);
    assert.ok(accepted !== undefined);
    void inbox.deliver(frame, accepted, () => {});
    assert.equal(holder.deliveries[0]?.begin, undefined);
  });
});

test("more than 16 MiB held ask for a pause until half of it is free", async () => {
  const { inbox, deliver } = setup();
  const holder = new Holder();
  inbox.add(holder);
  for (let sequence = 1; sequence <= 4; sequence++) assert.equal(deliver(sequence, 4 * 1024 * 1024 - 512), undefined);
  const pause = deliver(5);
  assert.ok(pause !== undefined && inbox.isFull);
  let isOver = false;
  void pause.then(() => {
    isOver = true;
  });
  for (const index of [0, 1]) holder.done(index);
  await settle();
  assert.deepEqual([isOver, inbox.isFull], [false, false]);
  holder.done(4);
  await settle();
  assert.equal(isOver, true);
  await inbox.untilRoom();
});

test("loops end when the inbox closes, and throw once why no connection comes, until there is one again", async () => {
  const { inbox } = setup();
  const waiting = inbox.iterate().next();
  inbox.giveUp(new ImError("unavailable", "gave up"));
  await assert.rejects(waiting, hasCode("unavailable", "gave up"));
  await assert.rejects(inbox.iterate().next(), hasCode("unavailable", "gave up"));
  inbox.onConnected();
  const open = inbox.iterate();
  inbox.close();
  for (const loop of [open, inbox.iterate()]) assert.equal((await loop.next()).done, true);
});
