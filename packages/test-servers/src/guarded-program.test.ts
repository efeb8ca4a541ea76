import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { GuardedProgram } from "./guarded-program.ts";

test("a program that ends by itself is waited for, with its last words, and can be run again", async () => {
  const program = await GuardedProgram.create("test", process.execPath);
  for (const word of ["first", "second"]) {
    await program.run([
      "--eval",
      `process.on("SIGTERM", () => process.exit()); console.log("${word}"); setInterval(() => {}, 1000)`,
    ]);
    assert.equal(program.isRunning, true);
    let hasEnded = false;
    const ended = program.whenEnded().then(() => {
      hasEnded = true;
    });
    while ((await program.lastWords()) === "") {
      assert.equal(hasEnded, false);
    }
    program.signal("SIGTERM");
    await ended;
    assert.equal(program.isRunning, false);
    assert.equal(await program.lastWords(), word);
  }
  await program.close();
  assert.equal(existsSync(program.folder), false);
});

test("how a program ended is told: its exit code, or none when a signal ended it", async () => {
  const program = await GuardedProgram.create("test", process.execPath);
  await program.run(["--eval", "process.exitCode = 3"]);
  assert.equal(await program.whenEnded(), 3);
  await program.run(["--eval", "0"]);
  assert.equal(await program.whenEnded(), 0);
  await program.run(["--eval", "setInterval(() => {}, 1000)"]);
  const ended = program.whenEnded();
  await program.kill();
  assert.equal(await ended, undefined);
  await program.close();
});
