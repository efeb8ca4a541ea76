import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";

/**
 * The program of another version of Node, from npm's package `node`. It is fetched once, and kept in `.cache/` of the
 * repository; the folder appears when it is complete.
 *
 * @throws Error when the registry does not give it; the message has what npm said.
 */
export async function provideNode(root: string, version: string): Promise<string> {
  const cache = join(root, ".cache");
  const target = join(cache, `node-${version}`);
  const program = join(target, process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "fetching-node-"));
  try {
    // The script of the package gets the program that fits this machine.
    await writeFile(join(work, "package.json"), JSON.stringify({ private: true, allowScripts: { node: true } }));
    const { ok, output } = await runCommand(
      "npm",
      "install",
      "--prefix",
      work,
      "--no-audit",
      "--no-fund",
      `node@${version}`,
    );
    if (!ok) throw new Error(`cannot get Node ${version} from the npm registry: ${output}`);
    await rename(join(work, "node_modules", "node", "bin"), target).catch((error: NodeJS.ErrnoException) => {
      // Another run was quicker.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return program;
}
