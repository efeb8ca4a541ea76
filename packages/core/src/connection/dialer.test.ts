import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createInstance, ManualClock } from "@im-sdk/testing";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { ScriptedLink } from "../test-kit/scripted-link.ts";
import { settle } from "../test-kit/until.ts";
import type { ConnectOnceContext } from "./connect-once.ts";
import { Dialer, type DialerOptions, type ReconnectAttempt } from "./dialer.ts";

const link = () => new ScriptedLink({ instance: createInstance("a") }).link;
const unavailable = (retryAfterMs?: number) => new ImError("unavailable", "down", { retryAfterMs });

function setup(options: Partial<DialerOptions> = {}) {
  const clock = new ManualClock();
  /** What the next rounds come to; the last stays. */
  const outcomes: (ImError | "up")[] = [unavailable()];
  const rounds: (ConnectOnceContext & { atMs: number })[] = [];
  const attempts: ReconnectAttempt[] = [];
  const dialer = new Dialer({
    async connectOnce(context) {
      rounds.push({ ...context, atMs: clock.now() });
      const outcome = outcomes.length > 1 ? outcomes.shift() : outcomes[0];
      if (outcome instanceof ImError) throw outcome;
      return link();
    },
    elsewhere: () => undefined,
    renewToken: () => false,
    connectTimeoutMs: 1_000,
    maxRetries: Number.POSITIVE_INFINITY,
    retryIntervalMs: 100,
    clock,
    random: () => 1,
    onReconnecting: (attempt) => attempts.push(attempt),
    ...options,
  });
  const abort = new AbortController();
  const lost = (lastedMs: number, error = unavailable()) => {
    const dialing = dialer.reconnect({ link: link(), error, lastedMs }, abort.signal);
    dialing.catch(() => {});
    return dialing;
  };
  return {
    clock,
    dialer,
    outcomes,
    rounds,
    attempts,
    abort,
    lost,
    delays: () => attempts.map(({ delayMs }) => delayMs),
    connect: (timeoutMs: number) => {
      const dialing = dialer.connect(clock.now() + timeoutMs, abort.signal);
      dialing.catch(() => {});
      return dialing;
    },
  };
}

describe("coming back", () => {
  test("delays double from retryIntervalMs up to a minute, and every try is told before its delay", async () => {
    const { clock, lost, rounds, attempts, delays } = setup({ retryIntervalMs: 8_000 });
    void lost(0);
    await settle();
    assert.deepEqual([attempts.length, rounds.length], [1, 0]);
    for (const delay of [8_000, 16_000, 32_000, 60_000, 60_000]) {
      assert.equal(delays().at(-1), delay);
      const before = rounds.length;
      await clock.advance(delay - 1);
      assert.equal(rounds.length, before);
      await clock.advance(1);
      assert.equal(rounds.length, before + 1);
    }
    assert.deepEqual(
      attempts.map(({ attempt }) => attempt),
      [1, 2, 3, 4, 5, 6],
    );
  });

  test("a retryIntervalMs beyond a minute is the cap itself", async () => {
    const { clock, lost, delays } = setup({ retryIntervalMs: 90_000 });
    void lost(0);
    await clock.advance(90_000);
    assert.deepEqual(delays(), [90_000, 90_000]);
  });

  test("the delay is a random share of the bound", async () => {
    const shares = [0.5, 0.25];
    const { clock, lost, delays } = setup({ random: () => shares.shift() ?? 0 });
    void lost(0);
    await clock.advance(50);
    assert.deepEqual(delays(), [50, 50]);
  });

  test("what the server asks to wait is waited first, and the share of the bound after it: it may have asked many", async () => {
    const { clock, lost, outcomes, delays } = setup({ random: () => 0.5 });
    outcomes.splice(0, 1, unavailable(5_000), unavailable(1), "up");
    const dialing = lost(0, unavailable(700));
    await clock.advance(750);
    await clock.advance(5_100);
    await clock.advance(201);
    await dialing;
    assert.deepEqual(delays(), [750, 5_100, 201]);
  });

  test("another instance is tried at once, without the one that was lost; later ones wait and exclude nobody", async () => {
    const { clock, lost, rounds, outcomes, delays } = setup({ elsewhere: ({ instance }) => [instance?.id ?? ""] });
    outcomes.splice(0, 1, unavailable(), "up");
    const dialing = lost(0, unavailable());
    await settle();
    assert.deepEqual([delays()[0], [...(rounds[0]?.exclude ?? [])], rounds[0]?.atMs], [0, ["a"], 0]);
    await clock.advance(200);
    await dialing;
    assert.deepEqual([delays()[1], [...(rounds[1]?.exclude ?? [])]], [200, []]);
  });

  test("even with another instance, waits when the server asked for it or the loss is not the first in a row", async () => {
    const asked = setup({ elsewhere: ({ instance }) => [instance?.id ?? ""] });
    void asked.lost(0, unavailable(10_000)).catch(() => {});
    await settle();
    assert.deepEqual([asked.delays(), asked.rounds.length], [[10_100], 0]);
    const again = setup({ elsewhere: ({ instance }) => [instance?.id ?? ""] });
    again.outcomes.splice(0, 1, "up", "up");
    await again.lost(0, unavailable());
    void again.lost(0, unavailable()).catch(() => {});
    await settle();
    assert.equal(again.rounds.length, 1);
    assert.ok((again.delays()[1] ?? 0) > 0);
  });

  test("every round has the connect timeout for itself", async () => {
    const { clock, lost, rounds } = setup();
    void lost(0);
    await clock.advance(100 + 200);
    assert.deepEqual(
      rounds.map(({ timeoutMs }) => timeoutMs),
      [1_000, 1_000],
    );
  });

  test("an abort ends the delay with its reason", async () => {
    const { clock, lost, abort } = setup();
    const dialing = lost(0);
    await settle();
    const reason = new Error("closed");
    abort.abort(reason);
    await assert.rejects(dialing, reason);
    assert.equal(clock.pending, 0);
  });

  test("an abort during a round ends it as the round does", async () => {
    const { clock, abort, lost, rounds } = setup({
      async connectOnce() {
        abort.abort();
        throw unavailable();
      },
    });
    const dialing = lost(0);
    await clock.advance(100);
    await assert.rejects(dialing, hasCode("unavailable"));
    await clock.advance(1_000);
    assert.equal(rounds.length, 0);
  });
});

describe("giving up", () => {
  test("comes with the failure after maxRetries, of which the lost connection is the first", async () => {
    for (const [maxRetries, tries] of [
      [0, 0],
      [1, 1],
      [3, 3],
    ] as const) {
      const { clock, lost, rounds } = setup({ maxRetries });
      const dialing = lost(1_000);
      await clock.advance(100_000);
      await assert.rejects(dialing, hasCode("unavailable", "down"));
      assert.equal(rounds.length, tries, `maxRetries ${maxRetries}`);
    }
  });

  test("never comes with maxRetries Infinity", async () => {
    const { clock, lost, rounds, outcomes } = setup({ random: () => 0 });
    const dialing = lost(0);
    await clock.advance(3_000);
    assert.ok(rounds.length > 1_000);
    outcomes.splice(0, 1, "up");
    await clock.advance(1);
    await dialing;
  });

  test("counts on after connections that did not last, and anew after one that lasted for retryIntervalMs", async () => {
    const { clock, lost, outcomes, attempts } = setup({ maxRetries: 3 });
    outcomes[0] = "up";
    for (const lastedMs of [0, 99, 100, 99]) {
      const dialing = lost(lastedMs);
      await clock.advance(1_000);
      await dialing;
    }
    assert.deepEqual(
      attempts.map(({ attempt }) => attempt),
      [1, 2, 1, 2],
    );
  });

  test("comes at once with an error that another try does not change", async () => {
    for (const code of ["unauthenticated", "permission_denied", "invalid_argument"] as const) {
      const { lost, rounds } = setup();
      await assert.rejects(lost(0, new ImError(code, "final")), hasCode(code));
      const first = setup();
      first.outcomes[0] = new ImError(code, "final");
      await assert.rejects(first.connect(5_000), hasCode(code));
      assert.deepEqual([rounds.length, first.rounds.length], [0, 1]);
    }
  });
});

describe("a token that was refused", () => {
  test("is renewed once, with a try at once", async () => {
    let renewals = 0;
    const { clock, lost, rounds } = setup({ renewToken: () => ++renewals > 0, maxRetries: 1 });
    const dialing = lost(0, new ImError("unauthenticated", "expired token"));
    await settle();
    assert.deepEqual([renewals, rounds.length, clock.now()], [1, 1, 0]);
    await assert.rejects(dialing, hasCode("unavailable"));
  });

  test("is final when the renewed one is refused too, or there is none", async () => {
    let renewals = 0;
    const { connect, rounds, outcomes } = setup({ renewToken: () => ++renewals > 0 });
    outcomes[0] = new ImError("unauthenticated", "no");
    await assert.rejects(connect(5_000), hasCode("unauthenticated"));
    assert.deepEqual([renewals, rounds.length], [1, 2]);
  });
});

describe("the first connection", () => {
  test("is tried again after a delay, untold, within its deadline", async () => {
    const { clock, connect, rounds, outcomes, attempts } = setup();
    outcomes.splice(0, 1, unavailable(), unavailable(), "up");
    const dialing = connect(1_000);
    await clock.advance(300);
    await dialing;
    assert.deepEqual(
      rounds.map(({ atMs, timeoutMs }) => [atMs, timeoutMs]),
      [
        [0, 1_000],
        [100, 900],
        [300, 700],
      ],
    );
    assert.deepEqual(attempts, []);
  });

  test("gives up as soon as the next try would come too late", async () => {
    const { clock, connect, rounds } = setup();
    const dialing = connect(300);
    await clock.advance(100);
    await assert.rejects(dialing, hasCode("unavailable", "down"));
    assert.deepEqual([rounds.length, clock.now()], [2, 100]);
  });

  test("is not tried when there is no time left for it", async () => {
    const { connect, rounds } = setup();
    await assert.rejects(connect(0), hasCode("unavailable", "connect timeout"));
    assert.equal(rounds.length, 0);
  });

  test("counts failures anew each time", async () => {
    const { clock, connect, rounds } = setup({ maxRetries: 1 });
    for (const rounded of [2, 4]) {
      const dialing = connect(10_000);
      await clock.advance(1_000);
      await assert.rejects(dialing, hasCode("unavailable"));
      assert.equal(rounds.length, rounded);
    }
  });
});
