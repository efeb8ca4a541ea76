import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../run-command.ts";
import type { DocModule } from "./doc-module.ts";

const tsconfig = { extends: "../../tsconfig.base.json", compilerOptions: { noEmit: true }, include: ["types-*.ts"] };

/** Type-checks the programs of TypeScript in one run of tsc, as strictly as our own code; what is wrong, by page and line. */
export async function checkModuleTypes(modules: readonly DocModule[], folder: string): Promise<string[]> {
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  for (const [index, { code, extension }] of modules.entries()) {
    if (extension === "ts") await writeFile(join(folder, `types-${index}.ts`), code);
  }
  const { ok, output } = await runCommand("tsc", "-p", folder, "--pretty", "false");
  if (ok) return [];
  const named = output.replace(/\S*types-(\d+)\.ts\((\d+),\d+\)/g, (place, index, line) => {
    const page = modules[Number(index)]?.page;
    return page === undefined ? place : `${page}:${line}`;
  });
  return named.trimEnd().split("\n");
}
