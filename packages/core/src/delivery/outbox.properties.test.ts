import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { AckContentSchema } from "@im-sdk/gen";
import { ManualClock } from "@im-sdk/testing";
import fc from "fast-check";
import { ImError } from "../im-error.ts";
import { outgoing } from "../test-kit/frames.ts";
import { Outbox } from "./outbox.ts";
import type { Settlement } from "./outbox-entry.ts";
import { type OutboxOptions, resolveOutboxOptions } from "./outbox-options.ts";

type WhenFull = Required<OutboxOptions>["whenFull"];

type Step =
  | { do: "send"; timeoutMs: number }
  | { do: "take" }
  | { do: "written" | "ack" | "refuse" | "abort"; which: number }
  | { do: "detach" | "upgrade" }
  | { do: "attach"; settlement: Settlement }
  | { do: "advance"; ms: number };

const settlement = fc.constantFrom<Settlement>("acknowledged", "written");
const which = fc.nat(100);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("send" as const), timeoutMs: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("take" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("written" as const, "ack" as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("refuse" as const, "abort" as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("attach" as const), settlement }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("detach" as const, "upgrade" as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 25 }) }) },
);

interface Modelled {
  id: string;
  deadlineAtMs: number;
  isAdmitted: boolean;
  left: Settlement | undefined;
  takenOn: number;
  outcome: string | undefined;
}

/** What an outbox promises, in the plainest words. */
class Model {
  readonly messages: Modelled[] = [];
  readonly #maxMessages: number;
  readonly #whenFull: WhenFull;
  link: Settlement | undefined;
  #links = 0;

  constructor(maxMessages: number, whenFull: WhenFull) {
    this.#maxMessages = maxMessages;
    this.#whenFull = whenFull;
  }

  get open(): Modelled[] {
    return this.messages.filter(({ outcome }) => outcome === undefined);
  }

  settle(message: Modelled | undefined, outcome: string): void {
    if (message === undefined || message.outcome !== undefined) return;
    message.outcome = outcome;
    for (const waiting of this.open) {
      if (!this.#isFull) waiting.isAdmitted = true;
    }
  }

  get #isFull(): boolean {
    return this.open.filter(({ isAdmitted }) => isAdmitted).length >= this.#maxMessages;
  }

  send(id: string, deadlineAtMs: number): void {
    const isAdmitted = !this.#isFull;
    const message: Modelled = { id, deadlineAtMs, isAdmitted, left: undefined, takenOn: 0, outcome: undefined };
    this.messages.push(message);
    if (isAdmitted) return;
    if (this.#whenFull === "reject") this.settle(message, "resource_exhausted");
    if (this.#whenFull === "drop-oldest") {
      for (const oldest of this.open) {
        if (message.isAdmitted || oldest === message) break;
        if (oldest.left === undefined) this.settle(oldest, "expired");
      }
    }
  }

  take(): Modelled | undefined {
    if (this.link === undefined) return undefined;
    const next = this.open.find(({ isAdmitted, takenOn }) => isAdmitted && takenOn !== this.#links);
    if (next !== undefined) {
      next.left = this.link;
      next.takenOn = this.#links;
    }
    return next;
  }

  attach(to: Settlement): void {
    this.detach();
    if (to === "written") this.#giveUp("acknowledged");
    this.link = to;
    this.#links++;
  }

  detach(): void {
    this.link = undefined;
    this.#giveUp("written");
  }

  #giveUp(terms: Settlement): void {
    for (const message of this.open) if (message.left === terms) this.settle(message, "unknown");
  }

  expire(nowMs: number): void {
    for (const message of this.open) {
      if (message.deadlineAtMs <= nowMs) this.settle(message, message.left === undefined ? "expired" : "unknown");
    }
  }
}

test("under any schedule a message ends as the model says, once and by its deadline, and leaves in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom<WhenFull>("wait", "reject", "drop-oldest"),
      async (steps, maxMessages, whenFull) => {
        const clock = new ManualClock();
        const options = resolveOutboxOptions({ maxMessages, maxBytes: Number.POSITIVE_INFINITY, whenFull });
        const outbox = new Outbox({ options, clock });
        const model = new Model(maxMessages, whenFull);
        const outcomes = new Map<string, string>();
        const aborts = new Map<string, AbortController>();
        const note = (id: string, outcome: string) => {
          assert.ok(!outcomes.has(id), `${id} settled twice`);
          outcomes.set(id, outcome);
        };

        for (const action of steps) {
          const target =
            "which" in action ? model.messages[action.which % Math.max(1, model.messages.length)] : undefined;
          const id = target?.id ?? "nobody's";
          switch (action.do) {
            case "send": {
              const sent = `m${model.messages.length}`;
              const abort = new AbortController();
              aborts.set(sent, abort);
              model.send(sent, clock.now() + action.timeoutMs);
              outbox.send(outgoing(sent), { deadlineAtMs: clock.now() + action.timeoutMs, signal: abort.signal }).then(
                ({ delivery }) => note(sent, delivery),
                (error: ImError) => note(sent, error.code),
              );
              break;
            }
            case "take": {
              const expected = model.take();
              const taken = outbox.take();
              assert.equal(taken?.messageId, expected?.id);
              if (taken !== undefined) assert.equal(taken.ackRequired, expected?.left === "acknowledged");
              break;
            }
            case "written":
              outbox.onWritten(id);
              if (target?.left === "written") model.settle(target, "written");
              break;
            case "ack":
            case "refuse": {
              // Only what reached a server is answered.
              if (target?.left === undefined) break;
              const success = action.do === "ack";
              outbox.onAck(create(AckContentSchema, { originalMessageId: id, success }));
              model.settle(target, success ? "acknowledged" : "rejected");
              break;
            }
            case "abort":
              aborts.get(id)?.abort();
              model.settle(target, "canceled");
              break;
            case "detach":
              outbox.detach();
              model.detach();
              break;
            case "upgrade":
              outbox.upgrade();
              if (model.link !== undefined) model.link = "acknowledged";
              break;
            case "attach":
              outbox.detach();
              outbox.attach(action.settlement, () => {});
              model.attach(action.settlement);
              break;
            case "advance":
              await clock.advance(action.ms);
              model.expire(clock.now());
              break;
          }
          await nextTurn();
          const expected = new Map(
            model.messages.flatMap((message) => (message.outcome === undefined ? [] : [[message.id, message.outcome]])),
          );
          assert.deepEqual(Object.fromEntries(outcomes), Object.fromEntries(expected));
          assert.equal(outbox.size, model.open.length);
        }

        await clock.advance(60);
        assert.equal(outcomes.size, model.messages.length, "every send has settled by its deadline");
        outbox.close(new ImError("canceled", "over"));
        assert.equal(clock.pending, 0);
      },
    ),
    { numRuns: 300 },
  );
});
