// @ts-check
// The way into every npm script: installs what the lockfile asks for, builds when asked to, and goes on under the pinned
// Node. This file itself must run on Node 18 and without node_modules.
//
//   node scripts/bootstrap.mjs [--turbo <task>]… [<script> [arguments]]

import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled, markInstalled } from "./install-state.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, "node_modules", ".bin");
/** @type {NodeJS.Signals[]} */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const onWindows = process.platform === "win32";
const pathsOutside = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== binaries);

const env = {
  ...process.env,
  PATH: [binaries, ...pathsOutside].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

const words = process.argv.slice(2);
if (!isInstalled(root)) {
  // npm must not run under the Node inside node_modules, which it is about to replace.
  const outside = { ...env, PATH: pathsOutside.join(delimiter) };
  await step("install dependencies", "npm", ["ci", "--no-audit", "--no-fund"], outside);
  markInstalled(root);
}
while (words[0] === "--turbo") {
  const [, task = ""] = words.splice(0, 2);
  await step(task, join(binaries, "turbo"), ["run", task, "--output-logs=errors-only"], env);
}
if (words.length > 0) {
  const node = onWindows ? join(root, "node_modules", "node", "bin", "node.exe") : join(binaries, "node");
  const { code, signal } = await finished(spawn(node, words, { cwd: root, env, stdio: "inherit" }));
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
}

/**
 * Runs a command silently but for one line with its time; when it fails, shows all it said and ends with its exit code.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} environment
 */
async function step(name, command, args, environment) {
  const started = Date.now();
  process.stderr.write(`${name} … `);
  /** @type {Buffer[]} */
  const said = [];
  // The commands of npm are .cmd files on Windows, which only a shell can start.
  const child = spawn(command, args, {
    cwd: root,
    env: environment,
    shell: onWindows,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said.push(chunk));
  const { code } = await finished(child);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (code === 0) {
    process.stderr.write(`${seconds} s\n`);
    return;
  }
  process.stderr.write(`failed after ${seconds} s\n${Buffer.concat(said).toString()}`);
  process.exit(code ?? 1);
}

/**
 * Waits for a child, and hands it the signals that this process gets meanwhile.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null }>}
 */
function finished(child) {
  /** @param {NodeJS.Signals} signal */
  const passOn = (signal) => {
    // On a terminal Ctrl-C has reached the child already, since it is in the same process group.
    if (signal !== "SIGINT" || process.stdin.isTTY !== true) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve({ code: 1, signal: null });
    });
    child.on("close", (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve({ code, signal });
    });
  });
}
