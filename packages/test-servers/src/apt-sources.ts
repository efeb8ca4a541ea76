/** The two ways in which apt's lists of sources are written: `.list` and `.sources` files. */
export type SourcesFormat = "list" | "sources";

/**
 * The sources of another release, made from those of this machine: same hosts, components and keys, and for each suite the
 * one of `release` that corresponds to it (`bookworm-updates` becomes `bullseye-updates`). Sources without a suite, and those
 * of source code in `.list` files, are left out.
 */
export function sourcesOfRelease(text: string, format: SourcesFormat, release: string): string {
  return format === "list" ? rewriteList(text, release) : rewriteStanzas(text, release);
}

function rewriteList(text: string, release: string): string {
  const lines = text.matchAll(/^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+([a-z]\S*)\s+(.+)$/gm);
  return [...lines]
    .map(
      ([, options = "", uri, suite = "", components]) =>
        `deb ${options}${uri} ${renamed(suite, release)} ${components}\n`,
    )
    .join("");
}

function rewriteStanzas(text: string, release: string): string {
  let field = "";
  return text.replace(/^.*$/gm, (line) => {
    if (line.startsWith("#")) return line;
    field = /^([\w-]+):/.exec(line)?.[1]?.toLowerCase() ?? (/^\s+\S/.test(line) ? field : "");
    if (field !== "suites") return line;
    return line.replace(/(?<=\s|:)[a-z][^\s:]*(?=\s|$)/g, (suite) => renamed(suite, release));
  });
}

function renamed(suite: string, release: string): string {
  return suite.replace(/^[a-z]+/, release);
}
