import { existsSync, globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** What the rules need of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly bugs?: Readonly<Record<string, string>>;
  readonly repository?: Readonly<Record<string, string>>;
  readonly license?: string;
  readonly sideEffects?: boolean;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One import or re-export. */
export interface ImportOf {
  readonly specifier: string;
  /** Gone once types are stripped. */
  readonly typeOnly: boolean;
}

/** One file of code. */
export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly lines: number;
  /** A test or what only tests use. */
  readonly isTest: boolean;
  readonly imports: readonly ImportOf[];
}

/** One package of the repository. */
export interface Workspace {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly hasReadme: boolean;
  /** It has a LICENSE of its own, which is that of the repository: npm packs no other. */
  readonly hasLicense: boolean;
  readonly files: readonly SourceFile[];
}

/** Reads every workspace that the package.json of `root` names. */
export function readWorkspaces(root: string): Workspace[] {
  const { workspaces } = readJson<{ workspaces: string[] }>(join(root, "package.json"));
  const manifests = globSync(
    workspaces.map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  ).sort();
  return manifests.map((path) => {
    const folder = posix.dirname(path.replaceAll("\\", "/"));
    const exclude = (name: string) => /(?:^|[\\/])(?:node_modules|dist)$/.test(name);
    const files = globSync(`${folder}/**/*.{ts,mts,cts,js,mjs,cjs}`, { cwd: root, exclude }).sort();
    return {
      folder,
      manifest: readJson<Manifest>(join(root, path)),
      hasReadme: existsSync(join(root, folder, "README.md")),
      hasLicense: readText(join(root, folder, "LICENSE")) === readText(join(root, "LICENSE")),
      files: files.map((file) => readSource(root, file.replaceAll("\\", "/"))),
    };
  });
}

/** The imports of a source text. Told by their place at the start of a line, which the formatter sees to. */
export function importsOf(source: string): ImportOf[] {
  const statements = source.matchAll(/^(?:import|export)\b(\s+type\b)?(?:[^"';]*?\bfrom)?\s*["']([^"']+)["']/gm);
  const calls = source.matchAll(/^(?!\s*(?:\*|\/\/)).*?\bimport\(\s*["']([^"']+)["']/gm);
  return [
    ...[...statements].map(([, type, specifier = ""]) => ({ specifier, typeOnly: type !== undefined })),
    ...[...calls].map(([, specifier = ""]) => ({ specifier, typeOnly: false })),
  ];
}

function readSource(root: string, path: string): SourceFile {
  const source = readFileSync(join(root, path), "utf8");
  return {
    path,
    lines: source.split("\n").length - 1,
    isTest: /\.test\.[cm]?[jt]s$|\/(?:fixtures|test-kit)\//.test(path),
    imports: importsOf(source),
  };
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}
