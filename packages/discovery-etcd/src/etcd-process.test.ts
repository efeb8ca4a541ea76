import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { skipWithout, startEtcd } from "@im-sdk/test-servers";
import { createInstance, startFaultProxy } from "@im-sdk/testing";
import { EtcdDiscovery } from "./etcd-discovery.ts";
import { RawEtcd } from "./test-kit/raw-etcd.ts";
import { until } from "./test-kit/until.ts";

const password = "the-secret-of-root";

describe("what is left of a discovery", await skipWithout("etcd"), () => {
  test("a process that used everything ends by itself after close, with nothing registered", async () => {
    await using etcd = await startEtcd({ rootPassword: password });
    const program = fileURLToPath(new URL("./test-kit/whole-program.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [program, etcd.address, password]);
    assert.equal(stdout, "listed: b\n");
    using raw = new RawEtcd(etcd.address, { auth: { username: "root", password } });
    assert.deepEqual(await raw.entries("im-service"), {});
  });

  test("no connection and no timer, also after many tokens", async () => {
    await using etcd = await startEtcd({ rootPassword: password });
    await using proxy = await startFaultProxy(etcd.address);
    const before = timers();
    const auth = { username: "root", password };
    const discovery = new EtcdDiscovery({ endpoints: [proxy.address], auth });
    using raw = new RawEtcd(etcd.address, { auth });
    await discovery.register(createInstance("a"));
    void discovery.watch("im-service")[Symbol.asyncIterator]().next();
    for (let round = 0; round < 5; round++) {
      // Whoever changes the password ends the tokens that were given for it.
      await raw.client.user("root").setPassword(password);
      await discovery.discover("im-service");
    }
    assert.ok(proxy.connections <= 2, `${proxy.connections} connections`);
    await discovery.close();
    await until(async () => proxy.connections === 0);
    assert.equal(timers(), before);
  });
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
