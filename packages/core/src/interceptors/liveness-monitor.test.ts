import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { settle } from "../test-kit/until.ts";
import { LivenessMonitor } from "./liveness-monitor.ts";

const intervalMs = 30_000;
const timeoutMs = 10_000;

/** A monitor that has just started; what it does is noted with the moment at which it does it. */
function setUp(t: TestContext, withCheck = true) {
  const clock = new ManualClock(1_000_000);
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.now() - 1_000_000} ${what}`);
  const answers: PromiseWithResolvers<void>[] = [];
  const signals: AbortSignal[] = [];
  const deaths: unknown[] = [];
  const monitor = new LivenessMonitor({
    intervalMs,
    timeoutMs,
    clock,
    sendHeartbeat: () => note("heartbeat"),
    check: withCheck
      ? (signal) => {
          note("check");
          signals.push(signal);
          const answer = Promise.withResolvers<void>();
          answers.push(answer);
          return answer.promise;
        }
      : undefined,
    onDead(cause) {
      note("dead");
      deaths.push(cause);
    },
  });
  monitor.start();
  t.after(() => monitor.stop());
  return { clock, log, monitor, answers, signals, deaths };
}

test("a silent peer gets a heartbeat after the interval, is asked after half of the timeout, and is dead after all of it", async (t) => {
  const { clock, log, signals } = setUp(t);
  await clock.advance(intervalMs - 1);
  assert.deepEqual(log, []);
  await clock.advance(1);
  assert.deepEqual(log, ["30000 heartbeat"]);
  await clock.advance(timeoutMs / 2);
  assert.deepEqual(log, ["30000 heartbeat", "35000 check"]);
  await clock.advance(timeoutMs / 2 - 1);
  assert.equal(log.length, 2);
  await clock.advance(1);
  assert.deepEqual(log, ["30000 heartbeat", "35000 check", "40000 dead"]);
  assert.equal(signals[0]?.aborted, true);
  await clock.advance(1_000_000);
  assert.deepEqual([log.length, clock.pending], [3, 0]);
});

test("the silence counts from the last thing received", async (t) => {
  const { clock, log, monitor } = setUp(t);
  await clock.advance(12_345);
  monitor.onReceived();
  await clock.advance(100_000);
  assert.deepEqual(log, ["30000 heartbeat", "42345 heartbeat", "47345 check", "52345 dead"]);
});

test("anything received after the heartbeat saves the peer, without a question", async (t) => {
  const { clock, log, monitor } = setUp(t);
  for (let round = 0; round < 5; round++) {
    await clock.advance(intervalMs + timeoutMs / 2 - 1);
    monitor.onReceived();
  }
  assert.equal(log.filter((line) => line.endsWith("check") || line.endsWith("dead")).length, 0);
  assert.ok(log.length >= 5);
});

test("a peer that answers the question lives, and is asked again only after another silence", async (t) => {
  const { clock, log, answers } = setUp(t);
  for (let round = 0; round < 3; round++) {
    await clock.advance(intervalMs + timeoutMs / 2);
    answers[round]?.resolve();
    await settle();
  }
  const checks = log.filter((line) => line.endsWith("check"));
  assert.deepEqual(checks, ["35000 check", "70000 check", "105000 check"]);
  assert.equal(
    log.some((line) => line.endsWith("dead")),
    false,
  );
});

test("a question that fails is death at once, and its failure the cause", async (t) => {
  const { clock, log, answers, deaths } = setUp(t);
  await clock.advance(intervalMs + timeoutMs / 2 + 100);
  const cause = new Error("no such connection");
  answers[0]?.reject(cause);
  await settle();
  assert.equal(log.at(-1), "35100 dead");
  assert.deepEqual(deaths, [cause]);
});

test("a message that comes while the question is open outweighs its failure", async (t) => {
  const { clock, log, answers, monitor } = setUp(t);
  await clock.advance(intervalMs + timeoutMs / 2);
  monitor.onReceived();
  answers[0]?.reject(new Error("no answer"));
  await settle();
  await clock.advance(intervalMs);
  assert.equal(log.includes("40000 dead"), false);
  assert.equal(log.at(-1), "65000 heartbeat");
});

test("a check that throws at once counts as one that rejects, and leaves nothing unhandled", async (t) => {
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  const clock = new ManualClock();
  const onDead = t.mock.fn();
  const cause = new Error("no connection");
  const monitor = new LivenessMonitor({
    intervalMs,
    timeoutMs,
    clock,
    sendHeartbeat: () => {},
    check() {
      throw cause;
    },
    onDead,
  });
  monitor.start();
  await clock.advance(intervalMs + timeoutMs);
  monitor.stop();
  await settle();
  assert.deepEqual(
    onDead.mock.calls.map((call) => call.arguments),
    [[cause]],
  );
  assert.equal(unhandled.mock.callCount(), 0);
});

test("without a check there are heartbeats after silence of our own, and never a death", async (t) => {
  const { clock, log, monitor } = setUp(t, false);
  await clock.advance(20_000);
  monitor.onSent();
  await clock.advance(29_999);
  assert.equal(log.length, 0);
  await clock.advance(1);
  assert.deepEqual(log, ["50000 heartbeat"]);
  await clock.advance(10 * intervalMs);
  assert.equal(log.length, 11);
  assert.ok(log.every((line) => line.endsWith("heartbeat")));
});

test("a peer that talks while we are silent gets a heartbeat as well: it watches us, too", async (t) => {
  const { clock, log, monitor } = setUp(t);
  for (let second = 0; second < 61; second++) {
    await clock.advance(1_000);
    monitor.onReceived();
  }
  assert.deepEqual(log, ["30000 heartbeat", "60000 heartbeat"]);
});

test("busy conversations cause no heartbeats and keep one timer", async (t) => {
  const { clock, log, monitor } = setUp(t);
  for (let second = 0; second < 200; second++) {
    await clock.advance(1_000);
    monitor.onReceived();
    monitor.onSent();
    assert.equal(clock.pending, 1);
  }
  assert.deepEqual(log, []);
});

test("stop ends the timer, the question and its deadline, and no death follows", async (t) => {
  const { clock, log, monitor, signals } = setUp(t);
  await clock.advance(intervalMs + timeoutMs / 2);
  monitor.stop();
  await settle();
  assert.equal(signals[0]?.aborted, true);
  assert.equal(clock.pending, 0);
  await clock.advance(1_000_000);
  assert.deepEqual(log, ["30000 heartbeat", "35000 check"]);

  const other = setUp(t);
  other.monitor.stop();
  assert.equal(other.clock.pending, 0);
});
