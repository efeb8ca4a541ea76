import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { setTimeout as setTimeoutPromise } from "node:timers/promises";

/** How a guarded command ended. */
export interface GuardedResult {
  /** Exit code; 1 when a signal ended it. */
  readonly code: number;
  /** What it had started and not ended, one line a process; killed by now. */
  readonly left: readonly string[];
}

/**
 * Runs a command in a process group of its own, its output shown as it comes. When it is silent for longer than `silenceMs`
 * it is interrupted, so that a test runner names the file that hangs; 10 seconds later all of the group is killed. What is
 * left of the group at the end is killed and reported, so that no run leaves a process behind.
 */
export async function runGuarded(
  command: string,
  args: readonly string[],
  { silenceMs }: { silenceMs: number },
): Promise<GuardedResult> {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...colours },
  });
  const group = child.pid;
  if (group === undefined) throw new Error(`cannot start ${command}`);

  let killer: NodeJS.Timeout | undefined;
  const guard = setTimeout(() => {
    process.stderr.write(`\nno word for ${silenceMs / 1_000} s: interrupting\n`);
    child.kill("SIGINT");
    killer = setTimeout(() => signalGroup(group, "SIGKILL"), 10_000);
  }, silenceMs);
  const show = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
    guard.refresh();
    target.write(chunk);
  };
  child.stdout.on("data", show(process.stdout));
  child.stderr.on("data", show(process.stderr));
  // Being in another group, it does not hear the terminal.
  const passOn = (signal: NodeJS.Signals) => signalGroup(group, signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, passOn);

  const closed = once(child, "close");
  const code = await new Promise<number>((resolve) => child.once("exit", (status) => resolve(status ?? 1)));
  clearTimeout(guard);
  clearTimeout(killer);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, passOn);
  const left = membersOf(group);
  signalGroup(group, "SIGKILL");
  // The rest of the output; not for ever, since a process outside of the group may hold the pipe.
  await Promise.race([closed, setTimeoutPromise(5_000, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { code, left };
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Processes of the group by `ps`, without those that are dead and only wait to be collected by their parent. */
function membersOf(group: number): string[] {
  const { stdout, status } = spawnSync("ps", ["-A", "-o", "pgid=,stat=,pid=,args="], { encoding: "utf8" });
  if (status !== 0) return [];
  const rows = stdout.split("\n").map((line) => /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line));
  return rows.flatMap((row) => (row?.[1] === String(group) && row[2]?.startsWith("Z") === false ? [row[3] ?? ""] : []));
}
