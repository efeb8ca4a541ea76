import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, type TestContext, test } from "node:test";
import type { ServiceDiscovery, ServiceInstance } from "@im-sdk/contracts";
import { createInstance } from "./create-instance.ts";
import { assertSameSet, SnapshotReader, within } from "./snapshot-reader.ts";

/** What a test of the suite starts from. */
export interface DiscoverySetup {
  /** A name that no other test uses, so that tests can share one registry. */
  readonly serviceName: string;
  /** What the registry must hold for that name before `create` resolves. */
  readonly instances: readonly ServiceInstance[];
}

/** A discovery under test and the means to change what it sees. */
export interface DiscoverySubject {
  readonly discovery: ServiceDiscovery;
  /** Makes the registry hold exactly these instances of the service. Needed unless `without` has `changes`. */
  publish?(instances: readonly ServiceInstance[]): void | Promise<void>;
  /** Takes the registry away and brings it back with the same content. Needed unless `without` has `outages`. */
  outage?: { begin(): void | Promise<void>; end(): void | Promise<void> };
  /** Releases what `create` made besides the discovery, which the suite closes itself. */
  dispose?(): void | Promise<void>;
}

/** What a discovery may lack: a set that changes, a registry that can be away. */
export type DiscoveryAbility = "changes" | "outages";

/** Options of {@link testServiceDiscovery}. */
export interface DiscoverySuiteOptions {
  /** Name of the suite in the report. */
  readonly name: string;
  /** Called once for every test. */
  create(setup: DiscoverySetup): DiscoverySubject | Promise<DiscoverySubject>;
  /** What this discovery cannot do: the tests of it are left out. Default: nothing is. */
  readonly without?: readonly DiscoveryAbility[];
  /** How long to wait for a snapshot before the test fails. Default 15,000. */
  readonly timeoutMs?: number;
}

/**
 * Registers with `node:test` what every {@link ServiceDiscovery} promises: full snapshots, the first at once, an empty set as
 * empty, ends without errors. A discovery may merge changes that follow each other quickly, so only the last state is
 * asked for.
 */
export function testServiceDiscovery(options: DiscoverySuiteOptions): void {
  const { name, create, without = [], timeoutMs = 15_000 } = options;
  async function setUp(t: TestContext, ...ids: string[]) {
    const serviceName = `contract-${randomUUID()}`;
    const instance = (id: string, fields: Partial<ServiceInstance> = {}) =>
      createInstance(`${serviceName}-${id}`, { name: serviceName, port: 1_000 + (id.codePointAt(0) ?? 0), ...fields });
    const subject = await create({ serviceName, instances: ids.map((id) => instance(id)) });
    const { discovery } = subject;
    t.after(async () => {
      await discovery.close();
      await subject.dispose?.();
    });
    const watch = (signal?: AbortSignal, onError?: (error: Error) => void) => {
      const watching = { ...(signal && { signal }), ...(onError && { onError }) };
      return new SnapshotReader(discovery.watch(serviceName, watching), timeoutMs);
    };
    return { discovery, serviceName, instance, watch, publish: subject.publish?.bind(subject), outage: subject.outage };
  }
  function testWhere(ability: DiscoveryAbility, title: string, run: (t: TestContext) => Promise<void>): void {
    if (!without.includes(ability)) test(title, run);
  }

  describe(`${name}: ServiceDiscovery`, () => {
    test("discover answers the whole set of the moment", async (t) => {
      const { discovery, serviceName, instance, publish, watch } = await setUp(t, "a", "b");
      assertSameSet(await discovery.discover(serviceName), [instance("a"), instance("b")]);
      if (publish === undefined) return;
      await publish([instance("c")]);
      const reader = watch();
      await reader.untilSame([instance("c")]);
      await reader.stop();
      assertSameSet(await discovery.discover(serviceName), [instance("c")]);
    });

    test("discover of a service without instances answers an empty list", async (t) => {
      const { discovery, serviceName } = await setUp(t);
      assert.deepEqual(await discovery.discover(serviceName), []);
    });

    test("discover with an aborted signal rejects", async (t) => {
      const { discovery, serviceName } = await setUp(t, "a");
      await assert.rejects(discovery.discover(serviceName, { signal: AbortSignal.abort() }));
    });

    test("watch gives the whole set at once", async (t) => {
      const { watch, instance } = await setUp(t, "a", "b");
      assertSameSet(await watch().next(), [instance("a"), instance("b")]);
    });

    test("watch of a service without instances gives an empty set at once", async (t) => {
      const { watch } = await setUp(t);
      assert.deepEqual(await watch().next(), []);
    });

    testWhere("changes", "every field of an instance arrives, an IPv6 address without brackets", async (t) => {
      const { publish, watch, instance } = await setUp(t);
      assert.ok(publish !== undefined, 'this test needs `publish`, or `without: ["changes"]`');
      const full = instance("a", {
        address: "fd00::1",
        tags: ["blue", "zone-1"],
        metadata: { weight: "5", zone: "北" },
      });
      await publish([full]);
      assert.deepEqual(await watch().until((set) => set.length === 1), [full]);
    });

    testWhere(
      "changes",
      "an added, a changed and a removed instance each give the full new set, never a part",
      async (t) => {
        const { publish, watch, instance } = await setUp(t, "a");
        assert.ok(publish !== undefined, 'this test needs `publish`, or `without: ["changes"]`');
        const reader = watch();
        assertSameSet(await reader.next(), [instance("a")]);
        const moved = instance("a", { port: 2_000 });
        for (const set of [[instance("a"), instance("b")], [moved, instance("b")], [instance("b")]]) {
          await publish(set);
          await reader.untilSame(set);
        }
      },
    );

    testWhere("changes", "an empty set is delivered as empty", async (t) => {
      const { publish, watch, instance } = await setUp(t, "a");
      assert.ok(publish !== undefined, 'this test needs `publish`, or `without: ["changes"]`');
      const reader = watch();
      assertSameSet(await reader.next(), [instance("a")]);
      await publish([]);
      assert.deepEqual(await reader.until((set) => set.length === 0), []);
      await publish([instance("b")]);
      await reader.untilSame([instance("b")]);
    });

    testWhere("changes", "a slow reader gets the newest set in the end", async (t) => {
      const { publish, watch, instance } = await setUp(t, "a");
      assert.ok(publish !== undefined, 'this test needs `publish`, or `without: ["changes"]`');
      const reader = watch();
      await reader.next();
      await publish([instance("b")]);
      await publish([instance("b"), instance("c")]);
      await publish([instance("d")]);
      await reader.untilSame([instance("d")]);
    });

    testWhere("changes", "a delivered snapshot does not change any more", async (t) => {
      const { publish, watch, instance } = await setUp(t, "a");
      assert.ok(publish !== undefined, 'this test needs `publish`, or `without: ["changes"]`');
      const reader = watch();
      const first = await reader.next();
      await publish([instance("b")]);
      await reader.untilSame([instance("b")]);
      assertSameSet(first, [instance("a")]);
    });

    test("several watches are independent of each other", async (t) => {
      const { publish, watch, instance } = await setUp(t, "a");
      const abort = new AbortController();
      const [left, aborted, stays] = [watch(), watch(abort.signal), watch()];
      for (const reader of [left, aborted, stays]) assertSameSet(await reader.next(), [instance("a")]);
      await left.stop();
      abort.abort();
      assert.equal(await aborted.next(), undefined);
      if (publish === undefined) return;
      await publish([instance("a"), instance("b")]);
      await stays.untilSame([instance("a"), instance("b")]);
    });

    test("abort ends a waiting watch without an error", async (t) => {
      const { watch } = await setUp(t, "a");
      const abort = new AbortController();
      const reader = watch(abort.signal);
      await reader.next();
      const waiting = reader.next();
      abort.abort(new Error("enough"));
      assert.equal(await waiting, undefined);
      assert.equal(await watch(AbortSignal.abort()).next(), undefined, "a watch that was aborted before it began");
    });

    test("close ends every watch without an error, and may be called again", async (t) => {
      const { discovery, watch } = await setUp(t, "a");
      const readers = [watch(), watch()];
      for (const reader of readers) await reader.next();
      const waiting = readers.map((reader) => reader.next());
      await discovery.close();
      assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
      await discovery.close();
      await discovery[Symbol.asyncDispose]();
      assert.equal(await watch().next(), undefined, "a watch that began after close");
    });

    testWhere("outages", "an outage of the registry is told to a watch and does not end it", async (t) => {
      const { outage, publish, watch, instance } = await setUp(t, "a");
      assert.ok(outage !== undefined, 'this test needs `outage`, or `without: ["outages"]`');
      const told = Promise.withResolvers<Error>();
      const reader = watch(undefined, told.resolve);
      assertSameSet(await reader.next(), [instance("a")]);
      await outage.begin();
      await within(told.promise, timeoutMs, "word of the outage by onError");
      await outage.end();
      assertSameSet(await reader.next(), [instance("a")]);
      if (publish === undefined) return;
      await publish([instance("b")]);
      await reader.untilSame([instance("b")]);
    });
  });
}
