import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import type { Workspace } from "../workspaces.ts";
import { packPackages } from "./pack-packages.ts";

/** An app outside of the repository that has installed the tarballs of all packages. */
export interface ScratchApp extends AsyncDisposable {
  readonly folder: string;
  readonly packages: readonly Workspace[];
  /** What can be imported: every package that exports code, and its subpaths. */
  readonly specifiers: readonly string[];
}

const fixtures = join(import.meta.dirname, "fixtures");

/** What a careful app asks of the compiler: everything is checked, the declarations of its packages too. */
const compilerOptions = { module: "nodenext", target: "es2022", strict: true, skipLibCheck: false, types: ["node"] };

/**
 * Packs all packages as they are built, and installs them into a new app with the sources in `fixtures`. Disposing of the app
 * removes it.
 *
 * @throws Error with what npm said.
 */
export async function createScratchApp(root: string): Promise<ScratchApp> {
  const folder = await mkdtemp(join(tmpdir(), "im-sdk-app-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const tarballs = join(folder, "tarballs");
    await mkdir(tarballs);
    const packed = await packPackages(root, tarballs);
    const packages = packed.map(({ workspace }) => workspace);
    const specifiers = packages.flatMap(specifiersOf);
    await writeSources(folder, specifiers);
    await install(
      root,
      folder,
      packed.map(({ tarball }) => tarball),
    );
    return { folder, packages, specifiers, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function writeSources(folder: string, specifiers: readonly string[]): Promise<void> {
  const all = specifiers.map((specifier, index) => `export * as module${index} from "${specifier}";\n`).join("");
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts", "*.cts"] }));
  // The same sources as ESM, and as CommonJS, where an import becomes a require().
  for (const extension of ["mts", "cts"]) {
    await writeFile(join(folder, `all.${extension}`), all);
    await copyFile(join(fixtures, "app.ts"), join(folder, `app.${extension}`));
  }
  for (const name of ["load.mjs", "load.cjs"]) await copyFile(join(fixtures, name), join(folder, name));
}

async function install(root: string, folder: string, tarballs: readonly string[]): Promise<void> {
  const { devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const { ok, output } = await runCommand(
    "npm",
    "install",
    "--prefix",
    folder,
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    `@types/node@${devDependencies["@types/node"]}`,
    ...tarballs,
  );
  if (!ok) throw new Error(`cannot install the packages; this needs an npm registry: ${output}`);
}

function specifiersOf({ manifest }: Workspace): string[] {
  return Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target !== "string")
    .map(([subpath]) => `${manifest.name}${subpath.slice(1)}`);
}
