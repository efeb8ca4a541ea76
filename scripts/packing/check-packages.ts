import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, type StepResult } from "../run-command.ts";
import { findMisplaced } from "./find-misplaced.ts";
import { type PackedPackage, packPackages } from "./pack-packages.ts";

/** Packs every package and looks at the tarballs: what they hold, and whether Node, bundlers and TypeScript find it. */
export async function checkPackages(root: string): Promise<StepResult> {
  const target = await mkdtemp(join(tmpdir(), "im-sdk-packages-"));
  try {
    const complaints: string[] = [];
    for (const packed of await packPackages(root, target)) complaints.push(...(await complaintsOf(root, packed)));
    return { ok: complaints.length === 0, output: complaints.join("\n") };
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function complaintsOf(root: string, { workspace, tarball, files }: PackedPackage): Promise<string[]> {
  const { folder } = workspace;
  const misplaced = findMisplaced(
    files.map(({ path }) => path),
    (path) => readFileSync(join(root, folder, path), "utf8"),
  );
  const [publint, attw] = await Promise.all([
    runCommand("publint", "--strict", tarball),
    runCommand("attw", "--profile", "esm-only", "--no-color", "--no-emoji", tarball),
  ]);
  return [
    ...misplaced.map((what) => `${folder}: ${what}`),
    ...(publint.ok ? [] : [`${folder}: ${publint.output}`]),
    ...(attw.ok ? [] : [`${folder}: ${attw.output}`]),
  ];
}
