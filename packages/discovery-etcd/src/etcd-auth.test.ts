import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RegistryError } from "@im-sdk/contracts";
import { type RunningServer, skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, startFaultProxy } from "@im-sdk/testing";
import { Endpoint } from "./endpoint.ts";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { resolveEtcdDiscoveryOptions } from "./etcd-discovery-options.ts";
import { keyOf, RawEtcd } from "./test-kit/raw-etcd.ts";
import { Recorder } from "./test-kit/recorder.ts";
import { until } from "./test-kit/until.ts";

const rootPassword = "the-secret-of-root";
const root = { username: "root", password: rootPassword };
const ann = { username: "ann", password: "the-secret-of-ann" };

describe("an etcd that asks for a user", await skipWithout("etcd"), () => {
  let etcd: RunningServer;
  let raw: RawEtcd;
  before(async () => {
    etcd = await startEtcd({ rootPassword });
    raw = new RawEtcd(etcd.address, { auth: root });
    await raw.client.user("ann").create(ann.password);
    await raw.client.role("readers").create();
    await raw.client.user("ann").addRole("readers");
  });
  after(async () => {
    raw[Symbol.dispose]();
    await etcd.stop();
  });

  const refusals = {
    "a wrong password": {
      auth: { username: "root", password: "the-secret-of-nobody" },
      code: "unauthenticated",
      message: /does not take user "root" with this password; check the option `auth`$/,
    },
    "no user at all": {
      auth: undefined,
      code: "unauthenticated",
      message: /without a user .*; check the option `auth`$/,
    },
    "a user without rights": {
      auth: ann,
      code: "permission_denied",
      message: /does not let user "ann" read and write below "\/services\/"/,
    },
  };
  for (const [what, { auth, code, message }] of Object.entries(refusals)) {
    test(`refuses ${what} for good, and says what to do`, async () => {
      await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], ...(auth && { auth }) });
      const recorder = new Recorder();
      const isRefusal = (error: unknown) => {
        assert.ok(error instanceof RegistryError && error.isFinal);
        assert.equal(error.code, code);
        assert.match(error.message, message);
        assert.ok(error.message.startsWith(`etcd at ${etcd.address}: `), error.message);
        assert.doesNotMatch(error.message, /the-secret-of/);
        return true;
      };
      await assert.rejects(discovery.discover("im-service"), isRefusal);
      await assert.rejects(recorder.read(discovery.watch("im-service", recorder)), isRefusal);
      await assert.rejects(discovery.register(createInstance("a"), recorder), isRefusal);
      await assert.rejects(discovery.deregister("nobody"), isRefusal);
      assert.deepEqual(recorder.codes, []);
    });
  }

  test("a right that is taken away later is told, and made good by giving it back", async () => {
    await raw.client.role("readers").grant({
      permission: "Readwrite",
      range: raw.client.range({ prefix: "/services/rights/" }),
    });
    await using proxy = await startFaultProxy(etcd.address);
    await using discovery = new EtcdDiscovery({ endpoints: [proxy.address], auth: ann });
    const recorder = new Recorder();
    void recorder.read(discovery.watch("rights", recorder));
    await recorder.until(({ ids }) => ids === "");
    await raw.client.user("ann").removeRole("readers");
    proxy.cut();
    await recorder.until(({ codes }) => codes.includes("permission_denied"));
    await raw.put(createInstance("b", { name: "rights" }));
    await raw.client.user("ann").addRole("readers");
    await recorder.until(({ ids }) => ids === "b");
  });

  test("tokens lost in a restart are renewed by whoever uses them: watch, registration and discover", async () => {
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], auth: root, leaseTtlSeconds: 3 });
    const recorder = new Recorder();
    await discovery.register(createInstance("kept", { name: "tokens" }), recorder);
    void recorder.read(discovery.watch("tokens", recorder));
    await recorder.until(({ ids }) => ids === "kept");
    // A change of the password ends the tokens; so does a restart, of a new etcd for sure.
    await raw.client.user("root").setPassword(rootPassword);
    assert.equal((await discovery.discover("tokens")).length, 1);
    for (const keepData of [true, false]) {
      // The tokens at hand are made by later entries of the log than a new etcd has.
      for (let n = 0; n < 200; n++) await raw.write("/log", `${n}`);
      await raw.client.user("root").setPassword(rootPassword);
      await discovery.discover("tokens");
      await etcd.kill();
      await etcd.start({ keepData });
      using other = new RawEtcd(etcd.address, { auth: root });
      await until(async () => Object.keys(await other.entries("tokens")).length === 1);
      await other.put(createInstance("other", { name: "tokens" }));
      await recorder.until(({ ids }) => ids === "kept other");
      assert.equal((await discovery.discover("tokens")).length, 2);
      await other.delete(keyOf("tokens", "other"));
      await recorder.until(({ ids }) => ids === "kept");
    }
    assert.ok(
      recorder.codes.every((code) => code === "unavailable"),
      recorder.codes.join(),
    );
  });
});

describe("an etcd that asks for no user", await skipWithout("etcd"), () => {
  test("that begins to ask for one between the token and the call is given it", async () => {
    await using etcd = await startEtcd();
    using raw = new RawEtcd(etcd.address);
    const endpoint = new Endpoint(etcd.address, resolveEtcdDiscoveryOptions({ auth: root }));
    let calls = 0;
    const { kvs } = await endpoint.call(
      async (client, options) => {
        if (calls++ === 0) {
          await raw.client.role("root").create();
          await raw.client.user("root").create(rootPassword);
          await raw.client.user("root").addRole("root");
          await raw.client.auth.authEnable();
        }
        return client.kv.range({ key: Buffer.from("/services/") }, options);
      },
      { signal: new AbortController().signal },
    );
    assert.deepEqual([kvs, calls], [[], 2]);
    endpoint.close();
  });

  test("is used as it is, also with a user", async () => {
    await using etcd = await startEtcd();
    await using discovery = new EtcdDiscovery({ endpoints: [etcd.address], auth: root });
    await discovery.register(createInstance("a"));
    assert.equal((await discovery.discover("im-service")).length, 1);
  });
});
