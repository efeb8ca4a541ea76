import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("./soak.ts", import.meta.url));

/** A busy machine may take a multiple of what a quiet one needs; less than `npm test` lets pass in silence. */
const timeout = 150_000;

test("an interrupted soak ends early, with its tally, and leaves no process and no folder behind", {
  timeout,
}, async () => {
  await using soak = await Soak.start("--json");
  await soak.untilServersRun();
  soak.process.kill("SIGINT");
  const { code, stdout } = await soak.ended();
  const tally = JSON.parse(stdout);
  assert.equal(code, 0, stdout);
  assert.equal(tally.seeds.length, 1);
  assert.ok(tally.messages.sent < 1_000_000);
  assert.deepEqual(await readdir(soak.folder), []);
});

test("a soak that is killed takes its servers along", { timeout }, async () => {
  await using soak = await Soak.start();
  await soak.untilServersRun();
  soak.process.kill("SIGKILL");
  // Its output is closed only when nothing that was started holds it any more.
  await soak.ended();
  while ((await readdir(soak.folder)).length > 0) await delay(20);
});

test("help is given when asked for, and a wrong option ends with 2 and says what is wrong", async () => {
  const help = await run("--help");
  assert.match(help.stdout, /--minutes N/);
  assert.equal(help.code, 0);
  const wrong = await run("--seed", "x");
  assert.match(wrong.stderr, /^--seed is "x": want a number/);
  assert.equal(wrong.code, 2);
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A soak without end in a process of its own, with a folder of its own for temporary files. */
class Soak implements AsyncDisposable {
  readonly folder: string;
  readonly process: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<Ended>;

  static async start(...args: string[]): Promise<Soak> {
    return new Soak(await mkdtemp(join(tmpdir(), "im-sdk-test-")), args);
  }

  private constructor(folder: string, args: string[]) {
    this.folder = folder;
    const env = { ...process.env, TMPDIR: folder, FORCE_COLOR: "0" };
    this.process = spawn(process.execPath, [command, "--messages", "1000000", "--seed", "1", ...args], {
      env,
      stdio: "pipe",
    });
    this.#ended = ended(this.process);
  }

  /** The servers have begun to serve. */
  async untilServersRun(): Promise<void> {
    for (;;) {
      const folders = await readdir(this.folder);
      const words = await Promise.all(
        folders.map((each) => readFile(join(this.folder, each, "server.log"), "utf8").catch(() => "")),
      );
      if (words.filter((each) => each.includes("http://")).length === 2) return;
      await delay(20);
    }
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.#ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

function run(...args: string[]): Promise<Ended> {
  return ended(spawn(process.execPath, [command, ...args], { stdio: "pipe" }));
}

/** When it has ended, and so has everything that holds its output. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
