// npm run release:dry [-- package …]: what would be published as the packages are built now; of packages that are named, every
// file. Asks no registry, and deletes nothing but what older builds left in `dist`.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { packPackages } from "./pack-packages.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const named = process.argv.slice(2);
const packages = await packPackages(root);
const rows = packages.map(({ workspace: { manifest }, files, size, unpackedSize }) => [
  manifest.name,
  manifest.version,
  `${files.length} files`,
  `${kilobytes(size)} packed`,
  `${kilobytes(unpackedSize)} unpacked`,
]);
const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];

for (const [index, { workspace, files }] of packages.entries()) {
  console.log(rows[index]?.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  if (!named.includes(workspace.folder) && !named.includes(workspace.manifest.name)) continue;
  for (const { path, size } of files) console.log(`  ${path}  ${kilobytes(size)}`);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`;
}
