import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";

/** Runs a one-line program under the guard in a process of its own, so that its output does not mix with this report. */
async function guarded(program: string, prologue = "") {
  const guard = new URL("./run-guarded.ts", import.meta.url).href;
  const script = `
    import { runGuarded } from ${JSON.stringify(guard)};
    ${prologue}
    const result = await runGuarded(process.execPath, ["-e", ${JSON.stringify(program)}], { silenceMs: ${silenceMs} });
    console.log(JSON.stringify(result));`;
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", script], (_error, stdout) => resolve(stdout));
  });
  const lines = output.trimEnd().split("\n");
  const { code, left } = JSON.parse(lines.pop() ?? "") as { code: number; left: string[] };
  return { code, left, said: lines };
}

const silenceMs = 60_000;

/** The guard's time is over as soon as its program has said something: by then it listens for signals. */
const silenceAfterFirstWord = `
  import { mock } from "node:test";
  mock.timers.enable({ apis: ["setTimeout"] });
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text) => {
    process.stdout.write = write;
    write(text);
    mock.timers.tick(${silenceMs});
  };`;

test("the exit code and the output come through", async () => {
  assert.deepEqual(await guarded("console.log('one'); console.log('two'); process.exitCode = 3"), {
    code: 3,
    left: [],
    said: ["one", "two"],
  });
});

test("a process that was left behind is named and killed", async () => {
  const program = `
    const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    child.unref();
    console.log(child.pid);`;
  const { code, left, said } = await guarded(program);
  assert.equal(code, 0);
  assert.equal(left.length, 1);
  assert.ok(left[0]?.startsWith(`${said[0]} `), left[0]);
  // ESRCH once it is gone; until then it may take a moment to die.
  while (isAlive(Number(said[0]))) await new Promise(setImmediate);
});

test("a process that falls silent is interrupted, and its last words are shown", async () => {
  const program = `process.on("SIGINT", () => { console.log("last words"); process.exit(7); }); setInterval(() => {}, 1000);`;
  const { code, said } = await guarded(`${program} console.log("ready")`, silenceAfterFirstWord);
  assert.deepEqual([code, said], [7, ["ready", "last words"]]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
