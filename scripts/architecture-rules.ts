import { posix } from "node:path";
import { missingForPublishing } from "./missing-for-publishing.ts";
import type { SourceFile, Workspace } from "./workspaces.ts";

const scope = "@im-sdk/";

/** Who may import whom among our packages. Apps (examples, benchmarks, the soak, the command) may import all. */
const mayImport: Readonly<Record<string, readonly string[] | "all">> = {
  proto: [],
  gen: [],
  contracts: [],
  core: ["contracts", "gen"],
  // The discoveries and the storages for its command alone, and only when they are installed.
  server: ["contracts", "gen", "discovery-consul", "discovery-etcd", "server-level", "server-nats"],
  // Not the server: its own tests use this package, and packages must not need each other.
  testing: ["contracts", "gen"],
  "protoc-gen-codec": [],
  "test-servers": [],
  balancers: ["contracts"],
  "discovery-consul": ["contracts"],
  "discovery-etcd": ["contracts"],
  "store-level": ["contracts"],
  "server-level": ["contracts", "gen", "server"],
  "server-nats": ["contracts", "gen", "server"],
  opentelemetry: ["core"],
  cli: "all",
};

/** How many packages of others one of ours may need; without a number, what its manifest declares. */
const maxForeign: Readonly<Record<string, number>> = {
  contracts: 0,
  balancers: 1,
  gen: 1,
  "discovery-consul": 1,
  "discovery-etcd": 1,
  "store-level": 1,
  // Protobuf and the driver of the database.
  "server-level": 2,
};

const maxLines = 220;

/** A rule answers what breaks it, one line each; nothing when all is well. */
export type Rule = (workspaces: readonly Workspace[]) => string[];

/** Dev dependencies of the root that every test may use. */
const toolsOfAll = ["fast-check", "@grpc/grpc-js", "selfsigned"];

/** What architecture and style ask of every package, one rule each. */
export const architectureRules = {
  importsOnlyWhomItMay: each((workspace) => {
    const name = shortName(workspace);
    if (isApp(workspace)) return [];
    const allowed = mayImport[name];
    if (allowed === undefined) return [`${workspace.folder}: not in the table of who may import whom`];
    if (allowed === "all") return [];
    const ours = dependenciesOf(workspace).filter((dependency) => dependency.startsWith(scope));
    const foreign = dependenciesOf(workspace).filter((dependency) => !dependency.startsWith(scope));
    const max = maxForeign[name] ?? Infinity;
    return [
      ...ours
        .filter((dependency) => !allowed.includes(dependency.slice(scope.length)))
        .map((dependency) => `${workspace.folder}: may not depend on ${dependency}`),
      ...(foreign.length > max
        ? [`${workspace.folder}: ${foreign.join(", ")} are more than ${max} foreign packages`]
        : []),
    ];
  }),

  /** Telemetry knows the client's events as types, and does not load the client. */
  telemetryTakesTypesOnly: each((workspace) =>
    shortName(workspace) !== "opentelemetry"
      ? []
      : shipped(workspace).flatMap(({ path, imports }) =>
          imports
            .filter(({ specifier, typeOnly }) => specifier.startsWith(scope) && !typeOnly)
            .map(({ specifier }) => `${path}: imports more than types from ${specifier}`),
        ),
  ),

  importsNoInnerFiles: (workspaces) => {
    const exported = new Map(workspaces.map(({ manifest }) => [manifest.name, Object.keys(manifest.exports ?? {})]));
    return workspaces.flatMap(({ folder, files }) =>
      files.flatMap(({ path, imports }) =>
        imports.flatMap(({ specifier }) => {
          if (isRelative(specifier)) {
            const target = posix.join(posix.dirname(path), specifier);
            return target.startsWith(`${folder}/`) ? [] : [`${path}: ${specifier} is outside of the package`];
          }
          const subpaths = exported.get(packageOf(specifier));
          if (subpaths === undefined) return [];
          const subpath = `.${specifier.slice(packageOf(specifier).length)}`;
          return subpaths.includes(subpath) ? [] : [`${path}: ${specifier} is not exported by its package`];
        }),
      ),
    );
  },

  declaresWhatItImports: each((workspace) => {
    const runtime = dependenciesOf(workspace);
    const forTests = [...runtime, ...Object.keys(workspace.manifest.devDependencies ?? {}), ...toolsOfAll];
    return workspace.files.flatMap(({ path, isTest, imports }) =>
      foreignNames(imports)
        .filter((name) => name !== workspace.manifest.name && !(isTest ? forTests : runtime).includes(name))
        .map((name) => `${path}: ${name} is not declared in ${workspace.folder}/package.json`),
    );
  }),

  usesWhatItDeclares: each((workspace) => {
    const shippedNames = new Set(shipped(workspace).flatMap(({ imports }) => foreignNames(imports)));
    const allNames = new Set(workspace.files.flatMap(({ imports }) => foreignNames(imports)));
    const ourTools = Object.keys(workspace.manifest.devDependencies ?? {}).filter((name) => name.startsWith(scope));
    return [
      ...Object.keys(workspace.manifest.dependencies ?? {}).filter((name) => !shippedNames.has(name)),
      ...ourTools.filter((name) => !allNames.has(name)),
    ].map((name) => `${workspace.folder}: declares ${name} and does not import it`);
  }),

  /** Another version than that of the workspace would be fetched from outside. */
  pinsOurOwnVersions: (workspaces) => {
    const versions = new Map(workspaces.map(({ manifest }) => [manifest.name, manifest.version]));
    return workspaces.flatMap(({ folder, manifest }) =>
      Object.entries({ ...manifest.devDependencies, ...manifest.peerDependencies, ...manifest.dependencies })
        .filter(([name, version]) => name.startsWith(scope) && versions.get(name) !== version)
        .map(([name, version]) => `${folder}: asks for ${name} ${version}, here is ${versions.get(name) ?? "none"}`),
    );
  },

  hasNoCycles: each(({ files }) => {
    const byPath = new Map(files.map((file) => [file.path, file]));
    const done = new Set<string>();
    const found: string[] = [];
    const visit = (file: SourceFile, way: readonly string[]): void => {
      if (way.includes(file.path)) {
        found.push(`${[...way.slice(way.indexOf(file.path)), file.path].join(" → ")} is a cycle`);
        return;
      }
      if (done.has(file.path)) return;
      for (const { specifier, typeOnly } of file.imports) {
        const target = byPath.get(posix.join(posix.dirname(file.path), specifier));
        if (isRelative(specifier) && !typeOnly && target !== undefined) visit(target, [...way, file.path]);
      }
      done.add(file.path);
    };
    for (const file of files) visit(file, []);
    return found;
  }),

  keepsFilesShort: each((workspace) =>
    shortName(workspace) === "gen"
      ? []
      : shipped(workspace)
          .filter(({ lines }) => lines > maxLines)
          .map(({ path, lines }) => `${path}: ${lines} lines are two ideas or more; ${maxLines} is the limit`),
  ),

  canBePublished: each((workspace) => (workspace.manifest.private === true ? [] : missingForPublishing(workspace))),
} satisfies Record<string, Rule>;

function each(rule: (workspace: Workspace) => string[]): Rule {
  return (workspaces) => workspaces.flatMap(rule);
}

function isApp({ folder }: Workspace): boolean {
  return /^(?:examples|bench|soak)(?:\/|$)/.test(folder);
}

function shortName({ manifest }: Workspace): string {
  return manifest.name.slice(scope.length);
}

function shipped({ files }: Workspace): SourceFile[] {
  return files.filter(({ isTest }) => !isTest);
}

function dependenciesOf({ manifest }: Workspace): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
}

function foreignNames(imports: SourceFile["imports"]): string[] {
  const outside = imports.filter(({ specifier }) => !isRelative(specifier) && !specifier.startsWith("node:"));
  return [...new Set(outside.map(({ specifier }) => packageOf(specifier)))];
}

function isRelative(specifier: string): boolean {
  return specifier.startsWith(".");
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
