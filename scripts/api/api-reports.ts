import { globSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { readWorkspaces } from "../workspaces.ts";

/** Where the reports are, from the root of the repository. */
const reportFolder = "api";

/** The report of one entry point of a package. */
export interface ApiReport {
  /** Its path from the root of the repository. */
  readonly path: string;
  /** It differs from the one that is checked in. */
  readonly changed: boolean;
}

/**
 * Reports what each package lets others use, from the declarations as they are built now: one file for each entry point, so
 * that a change of it is seen in review. The generated stubs have none, since the contract they come from is held by itself.
 * Writes the reports when `write` is set, else only compares.
 *
 * @throws Error when declarations cannot be read, as when nothing is built.
 */
export async function makeApiReports(root: string, { write }: { write: boolean }): Promise<ApiReport[]> {
  const temporary = await mkdtemp(join(tmpdir(), "im-sdk-api-"));
  if (write) await mkdir(join(root, reportFolder), { recursive: true });
  try {
    return entryPoints(root).map(({ name, folder, declarations }) => {
      const config = configure({ root, name, folder, declarations, temporary });
      const { apiReportChanged, errorCount } = Extractor.invoke(config, {
        localBuild: write,
        messageCallback: (message) => {
          if (message.logLevel !== "error") message.handled = true;
        },
      });
      if (errorCount > 0) throw new Error(`cannot report on ${folder}/${declarations}`);
      return { path: `${reportFolder}/${name}.api.md`, changed: apiReportChanged };
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Files beside the reports that belong to no entry point any more. */
export function findStale(root: string, reports: readonly ApiReport[]): string[] {
  const current = new Set(reports.map(({ path }) => path));
  return globSync(`${reportFolder}/*`, { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !current.has(path));
}

interface EntryPoint {
  readonly name: string;
  readonly folder: string;
  readonly declarations: string;
}

function entryPoints(root: string): EntryPoint[] {
  const workspaces = readWorkspaces(root).filter(
    ({ folder, manifest }) => folder !== "gen" && manifest.private !== true,
  );
  return workspaces.flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const declarations = (target as { types?: string }).types;
      const name = manifest.name.replace(/^.*\//, "") + subpath.slice(1).replaceAll("/", "-");
      return declarations === undefined ? [] : [{ name, folder, declarations }];
    }),
  );
}

function configure({
  root,
  name,
  folder,
  declarations,
  temporary,
}: EntryPoint & { root: string; temporary: string }): ExtractorConfig {
  const projectFolder = join(root, folder);
  const mainEntryPointFilePath = join(projectFolder, declarations);
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, "package.json"),
    configObject: {
      projectFolder,
      mainEntryPointFilePath,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: {
          extends: join(root, "tsconfig.base.json"),
          compilerOptions: { noEmit: true },
          files: [mainEntryPointFilePath],
        },
      },
      apiReport: {
        enabled: true,
        includeForgottenExports: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(root, reportFolder),
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: silent, tsdocMessageReporting: silent },
    },
  });
}
