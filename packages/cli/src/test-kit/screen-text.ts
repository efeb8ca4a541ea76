import type { Terminal } from "@xterm/headless";

/** What is on the screen of an emulator and above it: without blanks at ends, and a line that was wrapped is one. */
export function screenText({ buffer }: Terminal): string {
  const lines: string[] = [];
  for (let row = 0; row < buffer.active.length; row++) {
    const line = buffer.active.getLine(row);
    const isContinued = buffer.active.getLine(row + 1)?.isWrapped === true;
    // A wide character that does not fit into the last column leaves it empty.
    const isShort = isContinued && line?.getCell(line.length - 1)?.getChars() === "";
    const text = line?.translateToString(!isContinued, 0, line.length - (isShort ? 1 : 0)) ?? "";
    if (line?.isWrapped) lines.push(`${lines.pop() ?? ""}${text}`);
    else lines.push(text);
  }
  return lines.join("\n").trimEnd();
}
