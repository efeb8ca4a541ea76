import type { Directive, MarkdownBlock } from "./markdown-blocks.ts";

/** A block of TypeScript or JavaScript, with all that stands before it in the same program. */
export interface DocModule {
  readonly page: string;
  /** Where its last block begins on the page. */
  readonly line: number;
  /** Every line at its line on the page, so that errors name the right one. */
  readonly code: string;
  /** Of the file that it runs as. */
  readonly extension: "ts" | "mjs" | "cjs";
  /** Why it is only type-checked; undefined when it is to run. */
  readonly typesOnly: string | undefined;
  /** What it must print, one text each, in any order. */
  readonly prints: readonly string[];
  /** It may go on for ever: it is right when it has printed this. */
  readonly until: string | undefined;
}

const languages = ["ts", "js"];
const words = ["before", "continues", "types-only", "prints", "until", "file"];

/**
 * The programs of a page: one for each block of TypeScript or JavaScript, or for several of which each continues the one before. Blocks
 * that show a file are left out. Throws where a directive is unknown, or says nothing where it must.
 */
export function toModules(blocks: readonly MarkdownBlock[]): DocModule[] {
  const modules: DocModule[] = [];
  for (const block of blocks) {
    for (const directive of block.directives) checkDirective(block, directive);
    if (!languages.includes(block.language) || find(block, "file") !== undefined) continue;
    const before = find(block, "continues") === undefined ? undefined : modules.pop();
    if (before === undefined && find(block, "continues") !== undefined) {
      throw new Error(`${block.page}:${block.line}: there is nothing to continue`);
    }
    modules.push(toModule(block, before));
  }
  return modules;
}

/** The file that a block shows; undefined when it shows none. */
export function fileShownBy(block: MarkdownBlock): string | undefined {
  return find(block, "file")?.text;
}

function toModule(block: MarkdownBlock, before: DocModule | undefined): DocModule {
  const lines = before?.code.split("\n") ?? [];
  const put = (line: number, code: string) => {
    while (lines.length < line - 1) lines.push("");
    lines.push(...code.split("\n"));
  };
  for (const { word, text, line } of block.directives) if (word === "before") put(line + 1, text);
  put(block.line, block.code);
  const code = lines.join("\n");
  return {
    page: block.page,
    line: block.line,
    code,
    extension: block.language === "ts" ? "ts" : code.includes("require(") ? "cjs" : "mjs",
    typesOnly: find(block, "types-only")?.text ?? before?.typesOnly,
    prints: [
      ...(before?.prints ?? []),
      ...block.directives.filter(({ word }) => word === "prints").map(({ text }) => text),
    ],
    until: find(block, "until")?.text ?? before?.until,
  };
}

function checkDirective({ page, language }: MarkdownBlock, { word, text, line }: Directive): void {
  if (!words.includes(word)) throw new Error(`${page}:${line}: "${word}" is none of ${words.join(", ")}`);
  if (text === "" && word !== "continues") throw new Error(`${page}:${line}: "${word}" says nothing`);
  if (!languages.includes(language) && word !== "file") {
    throw new Error(`${page}:${line}: "${word}" is for blocks of ${languages.join(" and ")}`);
  }
}

function find(block: MarkdownBlock, wanted: string): Directive | undefined {
  return block.directives.find(({ word }) => word === wanted);
}
