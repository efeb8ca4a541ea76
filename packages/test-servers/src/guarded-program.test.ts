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
