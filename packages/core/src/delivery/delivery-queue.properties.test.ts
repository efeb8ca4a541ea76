import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { decodeMessage } from "../messages/decode-message.ts";
import { incoming } from "../test-kit/frames.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { Gap } from "./gap.ts";
import { HandlerConsumer } from "./handler-consumer.ts";
import type { WhenFull } from "./inbox-options.ts";
import type { Delivery, Outcome } from "./message-consumer.ts";
import { MessageIterator } from "./message-iterator.ts";

const rooms = ["a", "b", "c"] as const;
const room = fc.constantFrom(...rooms);
const maxQueued = fc.integer({ min: 1, max: 6 });

/** Makes messages of rooms, each at its position, and notes how each is answered. */
class Log {
  /** By room and sequence. */
  readonly outcomes = new Map<string, Outcome>();
  readonly #heads = new Map<string, number>();
  count = 0;

  make(roomId: string): Delivery {
    const sequence = (this.#heads.get(roomId) ?? 0) + 1;
    this.#heads.set(roomId, sequence);
    this.count++;
    const id = `${roomId}${sequence}`;
    const position = { epoch: "e", sequence: BigInt(sequence), previousSequence: BigInt(sequence - 1) };
    return {
      message: decodeMessage(incoming(id, { roomId, ...position }), () => {}),
      onHandled: (outcome) => {
        assert.ok(!this.outcomes.has(id), `${id} is answered twice`);
        this.outcomes.set(id, outcome ?? "handled");
      },
    };
  }

  dropped(): string[] {
    return [...this.outcomes].flatMap(([id, outcome]) => (outcome === "handled" ? [] : [id]));
  }
}

/** The messages that a gap covers. */
function covered({ roomId, after, upTo }: Gap): string[] {
  assert.ok(after !== undefined && upTo !== undefined && after.sequence < upTo.sequence);
  const first = Number(after.sequence) + 1;
  return Array.from({ length: Number(upTo.sequence) - first + 1 }, (_, index) => `${roomId}${first + index}`);
}

const isBefore = (id: string, other: string) => id[0] === other[0] && Number(id.slice(1)) < Number(other.slice(1));

test("a queue that drops holds no more than it may, keeps the order, and its gaps cover what it dropped and nothing else", () => {
  const steps = fc.array(fc.oneof({ weight: 3, arbitrary: room }, { weight: 2, arbitrary: fc.constant("take") }));
  fc.assert(
    fc.property(steps, maxQueued, (actions, max) => {
      const log = new Log();
      const told: string[] = [];
      let toldNow: Gap[] = [];
      const onGap = (gap: Gap) => void toldNow.push(gap);
      const queue = new DeliveryQueue({ maxQueued: max, whenFull: "drop-oldest", onGap });
      const pushed: string[] = [];
      const taken: string[] = [];
      const take = () => {
        toldNow = [];
        const delivery = queue.take();
        delivery?.onHandled();
        told.push(...toldNow.flatMap(covered));
        const id = delivery?.message.id;
        if (id === undefined) return assert.deepEqual(toldNow, []);
        taken.push(id);
        assert.equal(new Set(toldNow.map(({ roomId }) => roomId)).size, toldNow.length, "one gap for a room");
        const isDry = queue.length === 0;
        assert.ok(isDry || toldNow.every(({ roomId }) => roomId === id[0]), "a gap that could have grown was told");
        for (const lost of log.dropped()) {
          if (isDry || isBefore(lost, id)) assert.ok(told.includes(lost), `${lost} is missing untold at ${id}`);
        }
      };
      for (const action of actions) {
        if (action === "take") {
          take();
        } else {
          const delivery = log.make(action);
          pushed.push(delivery.message.id);
          assert.equal(queue.push(delivery), undefined);
          assert.ok(queue.length <= max);
        }
      }
      while (queue.length > 0) take();
      assert.equal(log.outcomes.size, log.count, "every delivery is answered");
      assert.deepEqual(told.toSorted(), log.dropped().toSorted());
      assert.deepEqual(
        taken,
        pushed.filter((id) => log.outcomes.get(id) === "handled"),
      );
    }),
    { numRuns: 1_000 },
  );
});

test("whatever is pushed, asked for and ended in whatever order, a loop answers every delivery once and keeps their order", async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: room },
    { weight: 4, arbitrary: fc.constant("next" as const) },
    { weight: 1, arbitrary: fc.constantFrom("end" as const, "return" as const) },
  );
  const whenFulls = fc.constantFrom<WhenFull>("pause", "drop-oldest", "close");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), maxQueued, whenFulls, async (actions, max, whenFull) => {
      const log = new Log();
      const ends: number[] = [];
      const onEnd = () => void ends.push(log.count);
      const gaps: Gap[] = [];
      const onGap = (gap: Gap) => void gaps.push(gap);
      const iterator = new MessageIterator(undefined, onEnd, { maxQueued: max, whenFull, onGap });
      const pushed: string[] = [];
      const given: string[] = [];
      const thrown: unknown[] = [];
      const next = () => {
        const note = (result: IteratorResult<{ id: string }>) => {
          if (result.done !== true) given.push(result.value.id);
        };
        iterator.next().then(note, (error: unknown) => thrown.push(error));
      };
      for (const action of actions) {
        if (action === "next") next();
        else if (action === "end") iterator.end();
        else if (action === "return") void iterator.return();
        else {
          const delivery = log.make(action);
          pushed.push(delivery.message.id);
          const pause = iterator.push(delivery);
          if (whenFull !== "pause") assert.equal(pause, undefined);
        }
      }
      iterator.end();
      for (let count = 0; count <= log.count; count++) next();
      await nextTurn();
      assert.equal(log.outcomes.size, log.count, "every delivery is answered");
      assert.deepEqual(
        given,
        pushed.filter((id) => log.outcomes.get(id) === "handled"),
      );
      assert.equal(ends.length, 1);
      assert.ok(thrown.length <= (whenFull === "close" ? 1 : 0));
      const told = gaps.flatMap(covered);
      assert.ok(told.every((id) => log.outcomes.get(id) === "skipped"));
      if (whenFull !== "drop-oldest") assert.deepEqual(told, []);
    }),
    { numRuns: 500 },
  );
});

test("whatever is pushed, finished and ended in whatever order, a handler's deliveries are answered once and begun in order", async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: room },
    { weight: 4, arbitrary: fc.constant("finish" as const) },
    { weight: 1, arbitrary: fc.constant("end" as const) },
  );
  const whenFulls = fc.constantFrom<WhenFull>("pause", "drop-oldest");
  /** Messages of room `c` are handled at once, those of the others when they are finished. */
  const isSync = (id: string) => id.startsWith("c");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), maxQueued, whenFulls, async (actions, max, whenFull) => {
      const log = new Log();
      const begun: string[] = [];
      let finish: (() => void) | undefined;
      const handler = ({ message: { id } }: Delivery) => {
        assert.equal(finish, undefined, "one at a time");
        begun.push(id);
        if (isSync(id)) return undefined;
        return new Promise<void>((resolve) => {
          finish = () => {
            finish = undefined;
            resolve();
          };
        });
      };
      const consumer = new HandlerConsumer(handler, { maxQueued: max, whenFull, onGap: () => {} });
      const pushed: string[] = [];
      for (const action of actions) {
        if (action === "end") {
          consumer.end();
        } else if (action === "finish") {
          finish?.();
          await nextTurn();
        } else {
          const delivery = log.make(action);
          pushed.push(delivery.message.id);
          consumer.push(delivery);
        }
      }
      for (let count = 0; count <= log.count; count++) {
        finish?.();
        await nextTurn();
      }
      assert.equal(log.outcomes.size, log.count, "every delivery is answered");
      assert.deepEqual(
        begun,
        pushed.filter((id) => log.outcomes.get(id) === "handled"),
      );
    }),
    { numRuns: 300 },
  );
});
