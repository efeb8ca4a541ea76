import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import { readWorkspaces, type Workspace } from "../workspaces.ts";
import { removeStale } from "./remove-stale.ts";

/** A package as npm publishes it. */
export interface PackedPackage {
  readonly workspace: Workspace;
  /** The path of its tarball; of what would be one when nothing was written. */
  readonly tarball: string;
  /** What the tarball holds, by path inside of the package. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Bytes of the tarball. */
  readonly size: number;
  /** Bytes of the files. */
  readonly unpackedSize: number;
}

/** One entry of what `npm pack --json` answers. */
interface Entry extends Pick<PackedPackage, "files" | "size" | "unpackedSize"> {
  readonly name: string;
  readonly filename: string;
}

/**
 * Packs every package that is to be published, as it is built now; what is left in `dist` of older builds is deleted. Writes the
 * tarballs into `target`, or nothing when there is none.
 *
 * @throws Error with what npm said.
 */
export async function packPackages(root: string, target?: string): Promise<PackedPackage[]> {
  const workspaces = readWorkspaces(root).filter(({ manifest }) => manifest.private !== true);
  for (const { folder } of workspaces) removeStale(join(root, folder));
  const { ok, output } = await runCommand(
    "npm",
    "pack",
    "--json",
    "--loglevel=error",
    ...(target === undefined ? ["--dry-run"] : ["--pack-destination", target]),
    ...workspaces.flatMap(({ folder }) => ["--workspace", folder]),
  );
  if (!ok) throw new Error(`npm pack failed: ${output}`);
  // An array, or an object by name, as the version of npm has it.
  const entries = Object.values<Entry>(JSON.parse(output.slice(output.search(/^[[{]/m))));
  return workspaces.map((workspace) => {
    const entry = entries.find(({ name }) => name === workspace.manifest.name);
    if (entry === undefined) throw new Error(`npm pack did not pack ${workspace.manifest.name}: ${output}`);
    const { filename, files, size, unpackedSize } = entry;
    return { workspace, tarball: join(target ?? "", filename), files, size, unpackedSize };
  });
}
