import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { parse } from "yaml";
import type { Workspace } from "../workspaces.ts";
import { fileShownBy } from "./doc-module.ts";
import { type MarkdownBlock, proseOf, readBlocks } from "./markdown-blocks.ts";
import type { Page } from "./pages.ts";
import { shellFaults } from "./shell-faults.ts";

/** The repository that the pages speak of. */
export interface Repository {
  readonly root: string;
  readonly workspaces: readonly Workspace[];
}

/** What is wrong with a page that nobody sees without following it: links, commands, data and files that are shown. */
export function pageFaults(page: Page, repository: Repository): string[] {
  return [
    ...linkFaults(page, repository.root),
    ...readBlocks(page.path, page.text).flatMap((block) => [
      ...dataFaults(block),
      ...fileFaults(block, repository.root),
      ...(block.language === "sh" ? shellFaults(block, repository) : []),
    ]),
  ];
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = ""]) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

function linkFaults({ path, text }: Page, root: string): string[] {
  const prose = proseOf(text).replace(/`[^`\n]*`(?!\])/g, "");
  return prose.split("\n").flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
      if (/^[a-z]+:/.test(target)) return [];
      const place = `${path}:${index + 1}: ${target}`;
      const [file = "", anchor] = target.split("#");
      const aim = file === "" ? path : posix.join(posix.dirname(path), file);
      if (!existsSync(join(root, aim))) return [`${place} leads nowhere`];
      if (anchor === undefined) return [];
      return hasAnchor(join(root, aim), decodeURIComponent(anchor)) ? [] : [`${place}: there is no such heading`];
    }),
  );
}

function hasAnchor(path: string, anchor: string): boolean {
  // Of a folder its README is shown.
  const page = statSync(path).isDirectory() ? join(path, "README.md") : path;
  return existsSync(page) && anchorsOf(readFileSync(page, "utf8")).includes(anchor);
}

function dataFaults({ page, line, language, code }: MarkdownBlock): string[] {
  const parsers: Readonly<Record<string, (text: string) => unknown>> = { json: JSON.parse, yaml: parse };
  try {
    parsers[language]?.(code);
    return [];
  } catch (error) {
    return [`${page}:${line}: is no ${language}: ${error instanceof Error ? error.message : error}`];
  }
}

function fileFaults(block: MarkdownBlock, root: string): string[] {
  const shown = fileShownBy(block);
  if (shown === undefined) return [];
  const path = join(root, shown);
  if (!existsSync(path)) return [`${block.page}:${block.line}: there is no file ${shown}`];
  const isShown = readFileSync(path, "utf8").includes(`${block.code}\n`);
  return isShown ? [] : [`${block.page}:${block.line}: is not what ${shown} says`];
}
