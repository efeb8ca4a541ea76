import { posix } from "node:path";

/**
 * What a package must not hold, or lacks: files that only tests use, and source maps that point to files which are not in it,
 * as those of a build that is older than its sources do. One line each.
 *
 * @param paths all files of the package
 * @param readFile gives the text of one of them
 */
export function findMisplaced(paths: readonly string[], readFile: (path: string) => string): string[] {
  const held = new Set(paths);
  return paths.flatMap((path) => {
    if (isForTests(path)) return [`${path} is for tests only`];
    if (!path.endsWith(".map")) return [];
    const { sources } = JSON.parse(readFile(path)) as { sources: string[] };
    return sources
      .map((source) => posix.join(posix.dirname(path), source))
      .filter((source) => !held.has(source))
      .map((source) => `${path} is made from ${source}, which is not in the package: remove dist, and build anew`);
  });
}

function isForTests(path: string): boolean {
  return /\.test\.(?:d\.)?[cm]?[jt]s(?:\.map)?$|(?:^|\/)(?:fixtures|test-kit)\//.test(path);
}
