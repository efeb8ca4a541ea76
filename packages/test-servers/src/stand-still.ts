import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Sends SIGSTOP, and returns when all threads of the process stand still: on a busy machine some go on for a while. */
export function standStill(pid: number): void {
  process.kill(pid, "SIGSTOP");
  const isStill = process.platform === "linux" ? threadsAreStill : processIsStill;
  while (!isStill(pid));
}

/** See proc(5): the state follows the name of the program, which is in parentheses and may have any characters. */
function threadsAreStill(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  try {
    return readdirSync(tasks).every((thread) => {
      const facts = readFileSync(`${tasks}/${thread}/stat`, "utf8");
      return isStillState(facts.slice(facts.lastIndexOf(")") + 2));
    });
  } catch {
    return hasEnded(pid);
  }
}

function processIsStill(pid: number): boolean {
  try {
    return isStillState(execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" }));
  } catch {
    return hasEnded(pid);
  }
}

/** Stopped, or dead and not yet taken leave of. */
function isStillState(state: string): boolean {
  return /^[TtZX]/.test(state);
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
