/**
 * Control characters (C0, DEL, C1), line and paragraph separators, and marks that turn the direction of what follows: with
 * them, a text could move the cursor, retitle the terminal, or look like another line.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text as one line that no terminal obeys: line breaks as `\n`, other controls as `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return text.replace(unprintable, escaped);
}

/** A text whose own line breaks stay, each followed by `indent`, so that no line of it looks like another message. */
export function printableBlock(text: string, indent: string): string {
  return text
    .split(/\r\n|\n/)
    .map(printable)
    .join(`\n${indent}`);
}

/** JSON on one line. What it leaves as it is though a terminal could obey it, is written as `\u009b`, which means the same. */
export function printableJson(value: unknown): string {
  const json = JSON.stringify(value, (_, each) => (typeof each === "bigint" ? String(each) : each));
  return json.replace(unprintable, (character) => `\\u${hex(character, 4)}`);
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "  ";
  return character < "\u0100" ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
