import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LoadBalancer, ServiceInstance } from "@im-sdk/contracts";
import { createInstance, ManualClock } from "@im-sdk/testing";
import { ImError } from "../im-error.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { ScriptedLink } from "../test-kit/scripted-link.ts";
import { settle, until } from "../test-kit/until.ts";
import { type ConnectOnceOptions, connectOnce } from "./connect-once.ts";

const [a, b, c] = ["a", "b", "c"].map((id, index) => createInstance(id, { port: 8_001 + index })) as [
  ServiceInstance,
  ServiceInstance,
  ServiceInstance,
];

function setup(instances: ServiceInstance[], outcomes: Record<string, ImError | "up" | "silent"> = {}) {
  const clock = new ManualClock();
  const opened: string[] = [];
  const reports: string[] = [];
  const picks: { key?: string; exclude: string[] }[] = [];
  const abort = new AbortController();
  const balancer: LoadBalancer = {
    update() {},
    pick({ key, exclude = new Set<string>() } = {}) {
      picks.push({ ...(key === undefined ? {} : { key }), exclude: [...exclude] });
      return instances.find(({ id }) => !exclude.has(id));
    },
    report: ({ id }, outcome) => reports.push(`${id} ${outcome}`),
  };
  const options: ConnectOnceOptions = {
    serviceName: "im-service",
    balancer,
    hashKey: "ann",
    instanceCount: () => instances.length,
    clock,
    open(instance, signal) {
      const id = instance?.id ?? "own";
      opened.push(id);
      const outcome = outcomes[id] ?? "up";
      if (outcome === "up") return Promise.resolve(new ScriptedLink(instance === undefined ? {} : { instance }).link);
      if (outcome instanceof ImError) return Promise.reject(outcome);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  return {
    clock,
    opened,
    reports,
    picks,
    abort,
    balancer,
    run(context: { exclude?: string[]; timeoutMs?: number } = {}, overrides: Partial<ConnectOnceOptions> = {}) {
      const { exclude = [], timeoutMs = 10_000 } = context;
      const connecting = connectOnce({ ...options, ...overrides }, { exclude, timeoutMs, signal: abort.signal });
      connecting.catch(() => {});
      return connecting;
    },
  };
}

const refused = (why: string) => new ImError("unavailable", "connecting failed", { cause: new Error(why) });

describe("one round", () => {
  test("tries the balancer's instances in its order, each once, until one is up", async () => {
    const { run, opened, reports, picks } = setup([a, b, c], { a: refused("no") });
    const link = await run();
    assert.equal(link.instance, b);
    assert.deepEqual(opened, ["a", "b"]);
    assert.deepEqual(reports, ["a failed", "b opened"]);
    assert.deepEqual(picks, [
      { key: "ann", exclude: [] },
      { key: "ann", exclude: ["a"] },
    ]);
  });

  test("leaves out who is excluded", async () => {
    const { run, opened } = setup([a, b]);
    await run({ exclude: ["a"] });
    assert.deepEqual(opened, ["b"]);
  });

  test("ends when the balancer gives an instance again, though it was told not to", async () => {
    const { run, opened, balancer } = setup([a], { a: refused("no") });
    await assert.rejects(
      run({}, { balancer: { ...balancer, pick: () => a } }),
      hasCode("unavailable", "127.0.0.1:8001"),
    );
    assert.deepEqual(opened, ["a"]);
  });

  test("tells of a connection's end after its beginning, also when it ended at once", async () => {
    const scripted = new ScriptedLink({ instance: a });
    scripted.link.abort();
    await scripted.link.closed;
    const { run, reports } = setup([a]);
    await run({}, { open: async () => scripted.link });
    await settle();
    assert.deepEqual(reports, ["a opened", "a closed"]);
  });

  test("is not disturbed by a balancer whose report throws, which becomes a warning", async () => {
    const scripted = new ScriptedLink({ instance: b });
    const { run, balancer, opened } = setup([a, b], { a: refused("no") });
    const report = (_: ServiceInstance, outcome: string) => {
      throw new Error(`no ${outcome}, please`);
    };
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => warnings.push(message);
    process.on("warning", onWarning);
    const open: ConnectOnceOptions["open"] = async (instance) => {
      if (instance === a) throw refused("no");
      return scripted.link;
    };
    await run({}, { balancer: { ...balancer, report }, open });
    scripted.link.abort();
    await until(() => warnings.length === 3);
    process.off("warning", onWarning);
    assert.deepEqual(warnings, ["no failed, please", "no opened, please", "no closed, please"]);
    assert.deepEqual(opened, []);
  });

  test("blames no instance for what is the user's, the token's or the token provider's", async () => {
    const { run, opened, reports } = setup([a, b], { a: ImError.from(new Error("the provider broke"), "connecting") });
    await run();
    assert.deepEqual([opened, reports], [["a", "b"], ["b opened"]]);
  });

  test("ends with a final error of an instance as it is, and blames nobody", async () => {
    for (const code of ["unauthenticated", "permission_denied", "invalid_argument"] as const) {
      const error = new ImError(code, "no");
      const { run, opened, reports } = setup([a, b], { a: error });
      await assert.rejects(run(), (reason) => reason === error);
      assert.deepEqual([opened, reports], [["a"], []]);
    }
  });

  test("works with a balancer that takes no reports", async () => {
    const { run, balancer } = setup([a]);
    await run({}, { balancer: { update: balancer.update, pick: balancer.pick } });
  });

  test("on a transport of the user's own has one try", async () => {
    const { run, opened } = setup([], { own: refused("not today") });
    await assert.rejects(run({}, { balancer: undefined }), hasCode("unavailable", "the given transport", "not today"));
    assert.deepEqual(opened, ["own"]);
    assert.equal((await setup([]).run({}, { balancer: undefined })).instance, undefined);
  });
});

describe("its error", () => {
  test("names every address and why it failed, and hands on how long to wait", async () => {
    const busy = new ImError("unavailable", "HealthCheck answered NOT_SERVING", { retryAfterMs: 700 });
    const { run } = setup([a, { ...b, address: "::1" }], { a: refused("connect ECONNREFUSED"), b: busy });
    await assert.rejects(run(), (error: unknown) => {
      const words = [
        "im-service",
        "127.0.0.1:8001 (connect ECONNREFUSED)",
        "[::1]:8002 (HealthCheck answered NOT_SERVING)",
      ];
      assert.ok(hasCode("unavailable", ...words)(error) && error instanceof ImError);
      assert.equal(error.retryAfterMs, 700);
      assert.ok(error.cause instanceof AggregateError && error.cause.errors.length === 2);
      return true;
    });
  });

  test("of a single address has that failure as its cause", async () => {
    const { run } = setup([a], { a: refused("no") });
    await assert.rejects(run(), (error: unknown) => error instanceof ImError && error.cause instanceof ImError);
  });

  test("without any instance says what to do", async () => {
    await assert.rejects(setup([]).run(), hasCode("unavailable", "no instance of im-service", "setServices"));
  });
});

describe("the time of a round", () => {
  test("is shared, so that an instance that says nothing leaves some to the next", async () => {
    const { run, clock, opened, reports } = setup([a, b], { a: "silent" });
    const connecting = run();
    await clock.advance(4_999);
    assert.deepEqual(opened, ["a"]);
    await clock.advance(1);
    assert.equal((await connecting).instance, b);
    assert.deepEqual([reports, clock.pending], [["a failed", "b opened"], 0]);
  });

  test("is shared by halves while only the balancer knows how many there are", async () => {
    const { run, clock, opened } = setup([a, b, c], { a: "silent", b: "silent" });
    const connecting = run({}, { instanceCount: () => undefined });
    await clock.advance(5_000);
    assert.deepEqual(opened, ["a", "b"]);
    await clock.advance(2_500);
    assert.equal((await connecting).instance, c);
  });

  test("leaves each a second at the least, and the last whatever is left", async () => {
    const { run, clock, opened } = setup([a, b, c], { a: "silent", b: "silent", c: "silent" });
    const connecting = run({ timeoutMs: 1_500 });
    await clock.advance(1_000);
    assert.deepEqual(opened, ["a", "b"]);
    await clock.advance(500);
    await assert.rejects(
      connecting,
      hasCode("unavailable", "8001 (no answer within 1000 ms)", "8002 (no answer within 500 ms)"),
    );
    assert.deepEqual([opened, clock.pending], [["a", "b"], 0]);
  });
});

test("an abort ends the round with its reason and tries nobody else", async () => {
  const { run, abort, opened, reports, clock } = setup([a, b], { a: "silent" });
  const connecting = run();
  await settle();
  const reason = new Error("closed");
  abort.abort(reason);
  await assert.rejects(connecting, reason);
  assert.deepEqual([opened, reports, clock.pending], [["a"], [], 0]);
});
