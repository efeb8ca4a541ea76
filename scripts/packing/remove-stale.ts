import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** Deletes what a compiler wrote into `dist` from sources that are there no more: it leaves that, and npm would pack it. */
export function removeStale(folder: string): void {
  for (const path of globSync("dist/**/*.map", { cwd: folder })) {
    const map = join(folder, path);
    const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: string[] };
    if (sources.every((source) => existsSync(join(dirname(map), source)))) continue;
    for (const stale of [map, map.replace(/\.map$/, "")]) rmSync(stale, { force: true });
  }
}
