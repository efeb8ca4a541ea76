import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createInstance, ManualClock } from "@im-sdk/testing";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { ScriptedLink } from "../test-kit/scripted-link.ts";
import { settle } from "../test-kit/until.ts";
import type { ConnectOnceContext } from "./connect-once.ts";
import { Connection } from "./connection.ts";

function setup({ hasAlternative = false, maxRetries = 3 } = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const rounds: (PromiseWithResolvers<ScriptedLink> & { context: ConnectOnceContext })[] = [];
  const names = new Map<object | undefined, string>();
  const connection = new Connection({
    async connectOnce(context) {
      const round = { ...Promise.withResolvers<ScriptedLink>(), context };
      rounds.push(round);
      context.signal.addEventListener("abort", () => round.reject(context.signal.reason));
      const scripted = await round.promise;
      names.set(scripted.link, `link ${names.size + 1}`);
      return scripted.link;
    },
    elsewhere: ({ instance }) => (hasAlternative && instance !== undefined ? [instance.id] : undefined),
    renewToken: () => false,
    connectTimeoutMs: 1_000,
    maxRetries,
    retryIntervalMs: 100,
    clock,
    random: () => 1,
    onStateChange: (state, previous) => log.push(`${previous} > ${state}`),
    onLink: (link, previous) => {
      assert.equal(connection.state, "connected");
      log.push(
        previous === undefined ? `use ${names.get(link)}` : `use ${names.get(link)} after ${names.get(previous)}`,
      );
    },
    onLost: (error) => log.push(`lost: ${error.message}`),
    onGaveUp: (error) => log.push(`gave up: ${error.message}`),
    onReconnecting: ({ delayMs }) => log.push(`reconnecting in ${delayMs}`),
  });
  const link = () => new ScriptedLink({ instance: createInstance("a") });
  const connect = (signal?: AbortSignal, prepare: (signal: AbortSignal) => Promise<void> = async () => {}) => {
    const connecting = connection.connect(signal, prepare);
    connecting.catch(() => {});
    return connecting;
  };
  /** The round that runs comes to this. */
  const outcome = async (result: ScriptedLink | ImError) => {
    await settle();
    if (result instanceof ImError) rounds.at(-1)?.reject(result);
    else rounds.at(-1)?.resolve(result);
    await settle();
  };
  return {
    clock,
    connection,
    rounds,
    link,
    /** What was told since the last time. */
    told: () => log.splice(0),
    connect,
    outcome,
    ready(signal?: AbortSignal) {
      const waiting = connection.ready(signal);
      waiting.catch(() => {});
      return waiting;
    },
    async up(): Promise<ScriptedLink> {
      const scripted = link();
      void connect();
      await outcome(scripted);
      log.length = 0;
      return scripted;
    },
  };
}

const down = (message = "down") => new ImError("unavailable", message);

describe("connecting", () => {
  test("prepares, connects, and says so once the state is the new one", async () => {
    const { connection, connect, outcome, link, told } = setup();
    assert.equal(connection.state, "idle");
    let prepared = false;
    const connecting = connect(undefined, async () => {
      prepared = true;
    });
    assert.equal(connection.state, "connecting");
    const scripted = link();
    await outcome(scripted);
    await connecting;
    assert.equal(prepared, true);
    assert.equal(connection.link, scripted.link);
    assert.deepEqual(told(), ["idle > connecting", "connecting > connected", "use link 1"]);
    await connect();
    assert.deepEqual(told(), [], "connected already");
  });

  test("that fails is idle again, and may be repeated", async () => {
    const { connect, ready, outcome, link, told } = setup({ maxRetries: 0 });
    const connecting = connect();
    const waiting = ready();
    await outcome(down());
    for (const failed of [connecting, waiting]) await assert.rejects(failed, hasCode("unavailable", "down"));
    assert.deepEqual(told(), ["idle > connecting", "connecting > idle"]);
    const again = connect();
    await outcome(link());
    await again;
  });

  test("fails as its preparation does, within the time that is left after it", async () => {
    const { clock, connect, rounds } = setup();
    await assert.rejects(
      connect(undefined, () => Promise.reject(down("registry"))),
      hasCode("unavailable", "registry"),
    );
    void connect(undefined, () => clock.advance(400));
    await settle();
    await settle();
    assert.equal(rounds[0]?.context.timeoutMs, 600);
  });

  test("is shared by who asks meanwhile, each with a signal of their own", async () => {
    const { connect, outcome, link, rounds } = setup();
    const abort = new AbortController();
    const [first, second, third] = [connect(), connect(), connect(abort.signal)];
    abort.abort();
    await assert.rejects(third, hasCode("canceled"));
    await outcome(link());
    await Promise.all([first, second]);
    assert.equal(rounds.length, 1);
  });

  test("can be cancelled at any time", async () => {
    const { connection, connect, told, rounds } = setup();
    const abort = new AbortController();
    const connecting = connect(abort.signal);
    await settle();
    abort.abort(new Error("enough"));
    await assert.rejects(connecting, (error: unknown) => {
      assert.ok(hasCode("canceled")(error) && error instanceof ImError);
      return (error.cause as Error).message === "enough";
    });
    assert.equal(connection.state, "idle");
    const unwanted = connect(abort.signal, () => Promise.reject(new Error("prepared in vain")));
    await assert.rejects(unwanted, (error: unknown) => hasCode("canceled")(error) && rounds.length === 1);
    assert.deepEqual(told().slice(-2), ["idle > connecting", "connecting > idle"]);
  });

  test("while it reconnects waits for that, and can be cancelled", async () => {
    const { connect, up, outcome, link, clock } = setup();
    (await up()).response.fail(down());
    await settle();
    const abort = new AbortController();
    const [waiting, cancelled] = [connect(), connect(abort.signal)];
    abort.abort();
    await assert.rejects(cancelled, hasCode("canceled"));
    await clock.advance(100);
    await outcome(link());
    await waiting;
  });
});

describe("waiting until it is ready", () => {
  test("gives the open link at once, and rejects when none is to come", async () => {
    const { ready, up, connection } = setup();
    await assert.rejects(ready(), hasCode("failed_precondition", "connect()"));
    const scripted = await up();
    assert.equal(await ready(), scripted.link);
    await Promise.all([connection.close(0), scripted.response.end()]);
    await assert.rejects(ready(), hasCode("failed_precondition", "closed"));
  });

  test("lasts while connecting and reconnecting, as long as the signal lets it", async () => {
    const { connect, ready, outcome, link, clock } = setup();
    void connect();
    const abort = new AbortController();
    const [first, cancelled] = [ready(new AbortController().signal), ready(abort.signal)];
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(cancelled, reason);
    await assert.rejects(ready(abort.signal), reason);
    const [a, b] = [link(), link()];
    await outcome(a);
    assert.equal(await first, a.link);
    a.response.fail(down());
    await settle();
    const second = ready();
    await clock.advance(100);
    await outcome(b);
    assert.equal(await second, b.link);
  });

  test("rejects with why it gave up", async () => {
    const { up, ready, clock, outcome } = setup({ maxRetries: 1 });
    (await up()).response.fail(down());
    await settle();
    const waiting = ready();
    await clock.advance(100);
    await outcome(down("still down"));
    await assert.rejects(waiting, hasCode("unavailable", "still down"));
    await assert.rejects(ready(), hasCode("unavailable", "still down"));
  });
});

describe("a stream that breaks", () => {
  test("is replaced by another after a delay, again and again", async () => {
    const { up, clock, outcome, link, told, connection } = setup();
    const [first, second] = [await up(), link()];
    first.response.fail(down());
    await settle();
    assert.deepEqual([connection.state, connection.link], ["reconnecting", undefined]);
    await clock.advance(100);
    await outcome(second);
    assert.deepEqual(told(), [
      "connected > reconnecting",
      "lost: down",
      "reconnecting in 100",
      "reconnecting > connected",
      "use link 2",
    ]);
    second.response.end();
    await settle();
    assert.deepEqual(told().slice(0, 3), [
      "connected > reconnecting",
      "lost: the server ended the stream",
      "reconnecting in 200",
    ]);
  });

  test("after retryIntervalMs counts as one that lasted", async () => {
    const { up, clock, outcome, link, told } = setup();
    (await up()).response.fail(down());
    await clock.advance(100);
    const second = link();
    await outcome(second);
    await clock.advance(100);
    told();
    second.response.fail(down());
    await settle();
    assert.equal(told().at(-1), "reconnecting in 100");
  });

  test("for good ends in closed, from where it can be connected again", async () => {
    const { up, clock, outcome, link, told, connect, connection } = setup({ maxRetries: 1 });
    (await up()).response.fail(down());
    await clock.advance(100);
    await outcome(down("still down"));
    assert.deepEqual(told().slice(-2), ["reconnecting > closed", "gave up: still down"]);
    const again = connect();
    const scripted = link();
    await outcome(scripted);
    await again;
    assert.equal(connection.link, scripted.link);
    scripted.response.fail(down());
    await settle();
    assert.equal(connection.state, "reconnecting", "and is watched again");
  });
});

describe("replacing a stream before it breaks", () => {
  test("moves to one elsewhere and ends the old one, without a change of state", async () => {
    const { up, outcome, link, told, rounds, connection } = setup({ hasAlternative: true });
    const [first, second] = [await up(), link()];
    const replacing = connection.replace(first.link);
    await settle();
    assert.deepEqual(rounds.at(-1)?.context.exclude, ["a"]);
    await outcome(second);
    await replacing;
    assert.deepEqual([told(), connection.link], [["use link 2 after link 1"], second.link]);
    assert.equal(first.isHalfClosed, true);
    first.response.end();
    await settle();
    assert.deepEqual([connection.state, told()], ["connected", []]);
  });

  test("stays when that fails; a single address is tried too, since it may stand for many instances", async () => {
    const { up, outcome, told, rounds, connection } = setup({ hasAlternative: true });
    const first = await up();
    const replacing = connection.replace(first.link);
    await outcome(down());
    await replacing;
    assert.deepEqual([connection.link, connection.state, told()], [first.link, "connected", []]);
    const again = connection.replace(first.link);
    await outcome(down());
    await again;
    assert.equal(rounds.length, 3, "may be tried again");
    first.response.fail(down());
    await settle();
    assert.equal(connection.state, "reconnecting");

    const alone = setup();
    const only = await alone.up();
    void alone.connection.replace(only.link);
    await settle();
    assert.deepEqual([alone.rounds.length, [...(alone.rounds[1]?.context.exclude ?? ["none"])]], [2, []]);
  });

  test("happens once at a time, and only to the stream at hand", async () => {
    const { up, link, rounds, connection } = setup({ hasAlternative: true });
    const first = await up();
    void connection.replace(first.link);
    await connection.replace(first.link);
    await connection.replace(link().link);
    assert.equal(rounds.length, 2);
  });

  test("is dropped when the old one breaks meanwhile: reconnecting has begun", async () => {
    const { up, outcome, link, rounds, connection } = setup({ hasAlternative: true });
    const first = await up();
    void connection.replace(first.link);
    await settle();
    first.response.fail(down());
    await settle();
    const [late, next] = [link(), link()];
    rounds[1]?.resolve(late);
    await settle();
    assert.deepEqual([late.isAborted, connection.state], [true, "reconnecting"]);
    await outcome(next);
    assert.equal(connection.link, next.link);
  });

  test("watches the new one while the old one still runs", async () => {
    const { up, outcome, link, told, connection } = setup({ hasAlternative: true });
    const [first, second] = [await up(), link()];
    void connection.replace(first.link);
    await outcome(second);
    second.response.fail(down());
    await settle();
    assert.equal(first.link.isOpen, true);
    assert.deepEqual([connection.state, told().includes("lost: down")], ["reconnecting", true]);
  });

  test("does not wait for ever for an old one that does not end", async () => {
    const { up, outcome, link, clock, connection } = setup({ hasAlternative: true });
    const first = await up();
    void connection.replace(first.link);
    await outcome(link());
    await clock.advance(4_999);
    assert.equal(first.isAborted, false);
    await clock.advance(1);
    assert.equal(first.isAborted, true);
    await settle();
    assert.deepEqual([connection.state, clock.pending], ["connected", 0]);
  });
});

describe("closing", () => {
  test("half-closes the stream and waits for its end", async () => {
    const { up, connection, told, clock, connect } = setup();
    const scripted = await up();
    let closed = false;
    const closing = connection.close(500).then(() => {
      closed = true;
    });
    await settle();
    assert.deepEqual([scripted.isHalfClosed, closed, connection.state], [true, false, "closed"]);
    scripted.response.end();
    await closing;
    assert.deepEqual([scripted.isAborted, clock.pending, scripted.endedWith], [true, 0, undefined]);
    await settle();
    assert.deepEqual(told(), ["connected > closed"]);
    await connection.close(500);
    await assert.rejects(connect(), hasCode("failed_precondition", "closed"));
    assert.deepEqual(told(), []);
  });

  test("aborts a stream that does not end in time, and those that were replaced", async () => {
    const { up, outcome, link, connection, clock } = setup({ hasAlternative: true });
    const [first, second] = [await up(), link()];
    void connection.replace(first.link);
    await outcome(second);
    const closing = connection.close(500);
    await clock.advance(499);
    assert.deepEqual([first.isAborted, second.isAborted], [false, false]);
    await clock.advance(1);
    await closing;
    assert.deepEqual([first.isAborted, second.isAborted], [true, true]);
    await settle();
    assert.equal(clock.pending, 0);
  });

  test("while connecting ends that and every wait", async () => {
    const { connect, ready, connection, told, clock } = setup();
    const [connecting, waiting] = [connect(), ready()];
    await settle();
    await connection.close(500);
    for (const ended of [connecting, waiting]) await assert.rejects(ended, hasCode("failed_precondition", "closed"));
    assert.deepEqual([told(), clock.pending], [["idle > connecting", "connecting > closed"], 0]);
  });

  test("while reconnecting ends that, and is no giving up", async () => {
    const { up, ready, connection, told, clock } = setup();
    (await up()).response.fail(down());
    await settle();
    const waiting = ready();
    await connection.close(500);
    await assert.rejects(waiting, hasCode("failed_precondition", "closed"));
    await settle();
    assert.deepEqual([told().at(-1), clock.pending], ["reconnecting > closed", 0]);
  });

  test("in the moment in which a stream comes up leaves none behind", async () => {
    for (const isReconnect of [false, true]) {
      const { connect, up, rounds, link, connection, clock } = setup();
      if (isReconnect) {
        (await up()).response.fail(down());
        await clock.advance(100);
      } else {
        void connect();
        await settle();
      }
      const scripted = link();
      rounds.at(-1)?.resolve(scripted);
      await connection.close(500);
      await settle();
      assert.deepEqual([connection.state, connection.link, scripted.isAborted], ["closed", undefined, true]);
    }
  });

  test("while replacing gives the new one up", async () => {
    const { up, rounds, link, connection } = setup({ hasAlternative: true });
    const first = await up();
    void connection.replace(first.link);
    await settle();
    const late = link();
    rounds.at(-1)?.resolve(late);
    void connection.close(500);
    await settle();
    assert.deepEqual([late.isAborted, connection.link], [true, undefined]);
    first.response.end();
  });
});
