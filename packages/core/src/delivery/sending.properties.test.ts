import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { AckContentSchema, type MessageRequest } from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import fc from "fast-check";
import { ImError } from "../im-error.ts";
import { outgoing } from "../test-kit/frames.ts";
import { ManualDisk, type ManualStore } from "../test-kit/manual-store.ts";
import { ModelRoom } from "../test-kit/model-room.ts";
import { ClientJournal } from "./client-journal.ts";
import { Outbox } from "./outbox.ts";
import { resolveOutboxOptions } from "./outbox-options.ts";

type Step =
  | { do: "send"; timeoutMs: number }
  | { do: "write" | "arrive" | "answer"; on: "new" | "old" }
  | { do: "refuse" | "break" | "replace" | "flush" | "kill" }
  | { do: "abort"; which: number }
  | { do: "advance"; ms: number };

const on = fc.constantFrom("new" as const, "old" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("send" as const), timeoutMs: fc.integer({ min: 20, max: 200 }) }),
  },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constantFrom("write" as const, "arrive" as const, "answer" as const), on }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("refuse" as const, "kill" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), which: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("break" as const, "replace" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 15 }) }) },
);

/** Two ways of bytes. What is on them when it breaks may still arrive at the server, and never comes back. */
class Wire {
  readonly up: MessageRequest[] = [];
  readonly down: { id: string; epoch: string; sequence: bigint; success: boolean }[] = [];
  isBroken = false;
}

interface Sent {
  readonly id: string;
  readonly deadlineAtMs: number;
  outcome: string | undefined;
  /** The process that sent it was killed before it had settled. */
  isOrphan: boolean;
}

/** One user who sends into a room, over process after process and connection after connection. */
class World {
  readonly clock = new ManualClock();
  readonly disk = new ManualDisk();
  readonly room = new ModelRoom("r");
  readonly sent: Sent[] = [];
  readonly refused = new Set<string>();
  readonly everLeft = new Set<string>();
  readonly aborts: AbortController[] = [];
  hasBeenKilled = false;
  outbox = this.#newOutbox();
  store: ManualStore = this.disk.open();
  wire = new Wire();
  previous: Wire | undefined;
  /** Broken, and yet to be read by the server. */
  readonly late: Wire[] = [];

  #newOutbox(journal?: ClientJournal): Outbox {
    const outbox: Outbox = new Outbox({
      options: resolveOutboxOptions({ maxMessages: 1_000 }),
      clock: this.clock,
      journal,
      onOrphanSettled: ({ messageId }, outcome) => {
        // One that was killed says nothing any more.
        if (outbox === this.outbox)
          this.#settle(messageId, outcome instanceof ImError ? outcome.code : outcome.delivery);
      },
    });
    return outbox;
  }

  async begin(): Promise<void> {
    this.store = this.disk.open();
    const journal = new ClientJournal({ store: this.store, userId: "ann", onError: assert.fail });
    const outbox = this.#newOutbox(journal);
    this.outbox = outbox;
    await journal.load(({ messages }) => outbox.restore(messages));
    this.connect();
  }

  send(timeoutMs: number): void {
    const id = `m${this.sent.length}`;
    const deadlineAtMs = this.clock.now() + timeoutMs;
    const message: Sent = { id, deadlineAtMs, outcome: undefined, isOrphan: false };
    this.sent.push(message);
    const { outbox } = this;
    const abort = new AbortController();
    this.aborts.push(abort);
    outbox.send(outgoing(id), { deadlineAtMs, signal: abort.signal }).then(
      ({ delivery }) => outbox === this.outbox && this.#settle(id, delivery),
      (error: ImError) => outbox === this.outbox && this.#settle(id, error.code),
    );
  }

  connect(): void {
    this.wire = new Wire();
    this.outbox.attach("acknowledged", () => {});
  }

  /** Both directions are cut; what the server has received already it may still read, later than what comes on the next. */
  break(): void {
    for (const wire of [this.wire, this.previous]) {
      if (wire === undefined) continue;
      wire.isBroken = true;
      this.late.push(wire);
    }
    this.previous = undefined;
    this.outbox.detach();
    this.connect();
  }

  /** The next stream is up; the old one is finished, and the outbox goes on once all its answers have come. */
  replace(): void {
    this.previous ??= this.wire;
    while (this.previous.up.length > 0) this.arrive(this.previous);
    while (this.previous.down.length > 0) this.answer(this.previous);
    this.previous = undefined;
    this.outbox.detach();
    this.connect();
  }

  kill(): Promise<void> {
    this.hasBeenKilled = true;
    this.store.kill();
    this.outbox.detach();
    this.late.push(this.wire);
    for (const message of this.sent) if (message.outcome === undefined) message.isOrphan = true;
    return this.begin();
  }

  write(): void {
    const message = this.outbox.take();
    if (message === undefined) return;
    this.everLeft.add(message.messageId);
    this.wire.up.push(message);
  }

  arrive(wire: Wire | undefined): void {
    const message = wire?.up.shift();
    if (wire === undefined || message === undefined) return;
    const id = message.messageId;
    const success = !this.refused.has(id);
    const { epoch, sequence } = success ? this.room.post(id) : { epoch: "", sequence: 0n };
    if (!wire.isBroken) wire.down.push({ id, epoch, sequence, success });
  }

  answer(wire: Wire | undefined): void {
    const ack = wire?.down.shift();
    if (ack === undefined) return;
    this.outbox.onAck(create(AckContentSchema, { originalMessageId: ack.id, ...ack }));
  }

  /** Only one that has not left can be taken back for good. */
  abort(which: number): void {
    if (!this.everLeft.has(`m${which}`)) this.aborts[which]?.abort();
  }

  /** From now on the server refuses the next message, unless it has it. */
  refuse(): void {
    const id = this.wire.up[0]?.messageId;
    if (id !== undefined && !this.room.storedIds.includes(id)) this.refused.add(id);
  }

  #settle(id: string, outcome: string): void {
    const message = this.sent.find((each) => each.id === id);
    assert.ok(message !== undefined);
    const { outcome: earlier, isOrphan } = message;
    // A process that was killed may have told what it had no time to forget.
    const mayBeToldAgain =
      this.hasBeenKilled && [earlier, outcome].some((word) => word === "acknowledged" || word === "unknown");
    assert.ok(earlier === undefined || mayBeToldAgain, `${id} settled twice: ${earlier}, ${outcome}`);
    assert.ok(
      isOrphan || mayBeToldAgain || this.clock.now() <= message.deadlineAtMs + 1,
      `${id} settled after its deadline`,
    );
    if (earlier !== undefined && earlier !== "unknown") return;
    message.outcome = outcome;
  }
}

test("under any schedule of breaks, replacements, late arrivals and kills the room has each message once, in order, as reported", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 150 }), async (steps) => {
      const world = new World();
      await world.begin();
      for (const action of steps) {
        const wire = "on" in action && action.on === "old" ? world.late[0] : world.wire;
        if (action.do === "send") world.send(action.timeoutMs);
        else if (action.do === "write") world.write();
        else if (action.do === "arrive") world.arrive(wire);
        else if (action.do === "answer") world.answer(world.wire);
        else if (action.do === "refuse") world.refuse();
        else if (action.do === "abort") world.abort(action.which);
        else if (action.do === "break") world.break();
        else if (action.do === "replace") world.replace();
        else if (action.do === "flush") world.store.flush();
        else if (action.do === "kill") await world.kill();
        else if (action.do === "advance") await world.clock.advance(action.ms);
        if (world.late[0]?.up.length === 0) world.late.shift();
        await nextTurn();
        check(world);
      }
      // Peace: everything gets through that still may.
      for (let round = 0; round < 2; round++) {
        for (const wire of world.late) while (wire.up.length > 0) world.arrive(wire);
        world.store.flush();
        await nextTurn();
        for (let n = 0; n < world.sent.length; n++) world.write();
        while (world.wire.up.length > 0) world.arrive(world.wire);
        while (world.wire.down.length > 0) world.answer(world.wire);
        world.store.flush();
        await nextTurn();
      }
      check(world);
      for (const { id, outcome, isOrphan } of world.sent) {
        assert.ok(outcome !== undefined || isOrphan, `${id} is unsettled in peace`);
        // What an earlier process had not kept has ended with it, and never left.
        if (outcome === undefined) assert.ok(!world.room.storedIds.includes(id), `${id} arrived unkept`);
      }
      assert.equal(world.outbox.size, 0);
      await world.clock.advance(1_000);
      world.outbox.close(new ImError("canceled", "over"));
      assert.equal(world.clock.pending, 0);
    }),
    { numRuns: 300 },
  );
});

function check({ sent, room, clock, aborts }: World): void {
  const { storedIds } = room;
  assert.equal(new Set(storedIds).size, storedIds.length, "stored twice");
  // One that was given up, by the outbox as unknown or by its sender just before a kill, may arrive later than those after it.
  const isGivenUp = ({ outcome }: Sent, index: number) => outcome === "unknown" || aborts[index]?.signal.aborted;
  const givenUp = new Set(sent.filter(isGivenUp).map(({ id }) => id));
  const order = storedIds.filter((id) => !givenUp.has(id)).map((id) => Number(id.slice(1)));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    "stored out of order",
  );
  for (const { id, outcome, deadlineAtMs, isOrphan } of sent) {
    const isStored = storedIds.includes(id);
    if (outcome === "acknowledged") assert.ok(isStored, `${id} was acknowledged and is not there`);
    if (outcome === "expired" || outcome === "rejected" || outcome === "canceled")
      assert.ok(!isStored, `${id} is there and was reported ${outcome}`);
    if (outcome === undefined && !isOrphan)
      assert.ok(clock.now() <= deadlineAtMs, `${id} is unsettled after its deadline`);
  }
}
