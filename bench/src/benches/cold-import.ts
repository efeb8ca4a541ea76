import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inTurn } from "../measures/in-turn.ts";
import type { Bench, Size } from "./bench.ts";

const rounds: Record<Size, number> = { full: 15, quick: 1 };
const folder = fileURLToPath(new URL(".", import.meta.url));
/** Prints how long it took, in ms. */
const importing = `const startMs = performance.now(); await import("@im-sdk/core"); console.log(performance.now() - startMs);`;

/** What loading the SDK costs. */
export const coldImport: Bench = {
  about:
    'import("@im-sdk/core") in fresh processes: how long that takes, and the life of such a process beside that of an empty one.',
  run: ({ size, tell }) => {
    const contenders = Object.entries({ "empty process": "", "@im-sdk/core": importing }).map(([subject, program]) => ({
      subject,
      take: async () => {
        const startMs = performance.now();
        const printed = await runProgram(program);
        const processMs = performance.now() - startMs;
        return { ...(printed === "" ? {} : { "import.time": Number(printed) }), "import.process": processMs };
      },
    }));
    return inTurn(contenders, { rounds: rounds[size], units: { "import.time": "ms", "import.process": "ms" }, tell });
  },
};

async function runProgram(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    cwd: folder,
  });
  return stdout.trim();
}
