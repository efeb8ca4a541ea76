import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { runCommand, type StepResult } from "./run-command.ts";

/** Generates the stubs anew into a temporary folder and compares them with `gen/src`, byte by byte. */
export async function checkGenerated(): Promise<StepResult> {
  const scratch = await mkdtemp(join(tmpdir(), "im-sdk-gen-"));
  try {
    const generated = await runCommand("buf", "generate", "--output", scratch);
    if (!generated.ok) return generated;
    const differences = await compareFolders(join(scratch, "gen", "src"), join("gen", "src"));
    const output = `${differences.join("\n")}\nRun \`npm run generate\` and commit what changes.`;
    return { ok: differences.length === 0, output };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What differs in `actual` from `wanted`, one line a file; empty when the two hold the same bytes. */
export async function compareFolders(wanted: string, actual: string): Promise<string[]> {
  const [wantedFiles, actualFiles] = await Promise.all([readFolder(wanted), readFolder(actual)]);
  const names = [...new Set([...wantedFiles.keys(), ...actualFiles.keys()])].sort();
  return names.flatMap((name) => {
    const [wantedBytes, actualBytes] = [wantedFiles.get(name), actualFiles.get(name)];
    if (wantedBytes === undefined) return [`${name}: should not be there`];
    if (actualBytes === undefined) return [`${name}: missing`];
    return wantedBytes.equals(actualBytes) ? [] : [`${name}: differs`];
  });
}

async function readFolder(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [relative(folder, file), await readFile(file)] as const)));
}
