import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A page that users read. */
export interface Page {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

const patterns = ["*.md", "docs/**/*.md", "gen/*.md", "proto/*.md", "bench/*.md", "soak/*.md"];

/** Every page of the repository, and of its packages and examples. */
export function readPages(root: string): Page[] {
  const paths = globSync([...patterns, "packages/*/*.md", "examples/*/*.md"], { cwd: root });
  return paths
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}
