import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { consulValues, etcdValues } from "./fixtures/key-values.ts";
import { startElsewhere } from "./fixtures/start-elsewhere.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";
import { skipWithout } from "./skip-without.ts";

for (const { name, start, put, get } of [consulValues, etcdValues]) {
  const real = await skipWithout(name);

  test(
    `${name} takes writes once it is started, keeps them through a crash, and loses them when wiped`,
    real,
    async () => {
      await using server = await start();
      assert.equal((await put(server.address, "hello")).status, 200);
      assert.equal(await get(server.address), "hello");

      await server.kill();
      await assert.rejects(get(server.address), { code: "ECONNREFUSED" });
      await server.start({ keepData: true });
      assert.equal(await get(server.address), "hello");

      await server.kill();
      await server.start({ keepData: false });
      assert.equal(await get(server.address), undefined);
      assert.equal((await put(server.address, "hello again")).status, 200);
    },
  );

  test(`${name} is silent while paused, answers when it is resumed, and can be killed while paused`, real, async () => {
    await using server = await start();
    server.pause();
    const waiting = put(server.address, "patience");
    assert.equal(await Promise.race([waiting, delay(300)]), undefined);
    server.resume();
    assert.equal((await waiting).status, 200);

    server.pause();
    await server.kill();
    await server.start({ keepData: true });
    assert.equal(await get(server.address), "patience");
  });

  test(`${name} ends with a parent that was killed, also while paused, and leaves no folder`, real, async () => {
    await using folder = await temporaryFolder();
    const { pid, gone } = await startElsewhere(name, "paused", folder.path);
    process.kill(pid, "SIGKILL");
    await gone;
    assert.deepEqual(await readdir(folder.path), []);
  });
}

const real = await skipWithout("etcd");

test("a server ends with a parent that was interrupted from the terminal, as all of its group", real, async () => {
  for (const state of ["running", "paused"] as const) {
    await using folder = await temporaryFolder();
    const { pid, gone } = await startElsewhere("etcd", state, folder.path);
    process.kill(-pid, "SIGINT");
    await gone;
    assert.deepEqual(await readdir(folder.path), []);
  }
});

test("a stop in the middle of a start ends both", real, async () => {
  await using server = await etcdValues.start();
  await server.kill();
  const starting = server.start({ keepData: true });
  await Promise.all([assert.rejects(starting, /etcd .* ended before it was ready/), server.stop()]);
  await assert.rejects(etcdValues.get(server.address), { code: "ECONNREFUSED" });
  await assert.rejects(server.start({ keepData: true }), /is stopped/);
});

test("a server that runs is not started a second time", real, async () => {
  await using server = await etcdValues.start();
  await assert.rejects(server.start({ keepData: true }), /kill it first/);
  assert.equal((await etcdValues.put(server.address, "still here")).status, 200);
});
