import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { withLock } from "./with-lock.ts";

const onLinux = { skip: process.platform !== "linux" && "only Linux has this lock" };

test("one at a time is inside, and all get their turn", onLinux, async () => {
  const name = randomUUID();
  let inside = 0;
  let most = 0;
  const turn = async (index: number) => {
    most = Math.max(most, ++inside);
    await setImmediate();
    inside--;
    if (index === 2) throw new Error("one that fails");
    return index;
  };
  const turns = await Promise.allSettled([0, 1, 2, 3, 4].map((index) => withLock(name, () => turn(index))));
  assert.deepEqual(
    turns.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "fulfilled", "fulfilled"],
  );
  assert.equal(most, 1);
});

test("other names do not wait", onLinux, async () => {
  const inner = () => withLock(randomUUID(), async () => "done");
  assert.equal(await withLock(randomUUID(), inner), "done");
});

test("a holder that was killed blocks nobody", onLinux, async () => {
  const name = randomUUID();
  const fixture = fileURLToPath(new URL("./fixtures/hold-lock.ts", import.meta.url));
  const holder = spawn(process.execPath, [fixture, name], { stdio: ["pipe", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  let hasEntered = false;
  const entered = withLock(name, async () => {
    hasEntered = true;
  });
  // Enough turns of the loop to take a lock that is free.
  await withLock(randomUUID(), async () => {});
  assert.equal(hasEntered, false);
  holder.kill("SIGKILL");
  await entered;
});
