import type { Workspace } from "./workspaces.ts";

const site = "https://github.com/im-sdk/im-sdk-ts";

/** What a package lacks to be published: a field that is absent, or not what it must be. One line each. */
export function missingForPublishing({ folder, manifest, hasReadme, hasLicense, files }: Workspace): string[] {
  const { description, keywords, homepage, bugs, repository, license, publishConfig, exports } = manifest;
  // A package of .proto files runs on nothing and has no types.
  const hasCode = files.some(({ isTest }) => !isTest);
  const wanted: Record<string, boolean> = {
    "README.md": hasReadme,
    "LICENSE that is a copy of the one at the root": hasLicense,
    description: description !== undefined,
    keywords: keywords !== undefined && keywords.length > 0,
    [`homepage ${site}/tree/main/${folder}#readme`]: homepage === `${site}/tree/main/${folder}#readme`,
    [`bugs.url ${site}/issues`]: bugs?.url === `${site}/issues`,
    [`repository.url git+${site}.git`]: repository?.url === `git+${site}.git`,
    [`repository.directory ${folder}`]: repository?.directory === folder,
    license: license !== undefined,
    sideEffects: manifest.sideEffects !== undefined,
    files: manifest.files !== undefined,
    exports: exports !== undefined,
    "engines.node": !hasCode || manifest.engines?.node !== undefined,
    "publishConfig.access public": publishConfig?.access === "public",
    "publishConfig.provenance": publishConfig?.provenance === true,
  };
  return [
    ...Object.entries(wanted).flatMap(([what, isThere]) => (isThere ? [] : [`${folder}: has no ${what}`])),
    ...Object.entries(exports ?? {})
      .filter(([, target]) => !isComplete(target))
      .map(([subpath]) => `${folder}: exports ${subpath} without types, or without a default, in this order`),
  ];
}

/** Types first, since the first condition that fits is taken; a file of data has none. */
function isComplete(target: unknown): boolean {
  if (typeof target === "string") return target.endsWith(".json");
  return JSON.stringify(Object.keys(target ?? {})) === JSON.stringify(["types", "default"]);
}
