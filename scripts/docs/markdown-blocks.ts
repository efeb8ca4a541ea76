/** A hidden comment before a block that says how the block is checked: `<!-- doc: word text -->`. */
export interface Directive {
  readonly word: string;
  /** What follows the word; of more than one line when the comment is. */
  readonly text: string;
  /** Line of the comment on the page, from 1. */
  readonly line: number;
}

/** One fenced block of a page. */
export interface MarkdownBlock {
  /** From the root of the repository. */
  readonly page: string;
  /** Line of the first line of code on the page, from 1. */
  readonly line: number;
  /** As the fence names it; empty when it names none. */
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly code: string;
  /** Of the comments right before the block, first to last. */
  readonly directives: readonly Directive[];
}

/** The blocks of a page, first to last. Throws where a fence or a comment does not end, or a comment has no block after it. */
export function readBlocks(page: string, text: string): MarkdownBlock[] {
  const lines = text.split("\n");
  const blocks: MarkdownBlock[] = [];
  let directives: Directive[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence = "", language = ""] = /^( *)(`{3,})(\S*)/.exec(lines[at] ?? "") ?? [];
    if (fence !== "") {
      const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
      if (end < 0) throw new Error(`${page}:${at + 1}: the block does not end`);
      const code = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
      blocks.push({ page, line: at + 2, language, code: code.join("\n"), directives });
      directives = [];
      at = end;
    } else if ((lines[at] ?? "").trim().startsWith("<!-- doc:")) {
      const end = lines.findIndex((line, index) => index >= at && line.trimEnd().endsWith("-->"));
      if (end < 0) throw new Error(`${page}:${at + 1}: the comment does not end`);
      directives.push(toDirective(lines.slice(at, end + 1).join("\n"), at + 1));
      at = end;
    } else if ((lines[at] ?? "").trim() !== "" && directives[0] !== undefined) {
      throw new Error(`${page}:${directives[0].line}: a block must follow this comment`);
    }
  }
  return blocks;
}

/** The page without its blocks and comments; what is left keeps its line. */
export function proseOf(text: string): string {
  const blank = (match: string) => match.replace(/[^\n]/g, "");
  return text.replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2 *$/gm, blank).replace(/<!--[\s\S]*?-->/g, blank);
}

function toDirective(comment: string, line: number): Directive {
  const [, word = "", text = ""] = /<!-- doc:\s*(\S*)([\s\S]*?)\s*-->$/.exec(comment.trim()) ?? [];
  return { word, text: text.replace(/^[ \t]+/, "").replace(/^\n/, ""), line };
}
