import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workspace } from "../workspaces.ts";
import type { MarkdownBlock } from "./markdown-blocks.ts";

/** Commands of ours, and packages of ours and others, that a block of shell names and that there are not; one line each. */
export function shellFaults(
  block: MarkdownBlock,
  { root, workspaces }: { root: string; workspaces: readonly Workspace[] },
): string[] {
  const published = workspaces.filter(({ manifest }) => manifest.private !== true);
  const scripts = scriptsOf(root);
  const isThere: Readonly<Record<string, (name: string) => boolean>> = {
    script: (name) => scripts.includes(name),
    package: (name) =>
      name.startsWith("@im-sdk/")
        ? published.some(({ manifest }) => manifest.name === name)
        : existsSync(join(root, "node_modules", name)),
    command: (name) => existsSync(join(root, "node_modules/.bin", name)),
    file: (name) => existsSync(join(root, name)),
  };
  return block.code.split("\n").flatMap((line, index) =>
    namedIn(line.replace(/(?:^|\s)#.*$/, "").trim())
      .filter(({ kind, name }) => isThere[kind]?.(name) === false)
      .map(({ kind, name }) => `${block.page}:${block.line + index}: there is no ${kind} ${name}`),
  );
}

function namedIn(line: string): { kind: string; name: string }[] {
  const [command = "", ...rest] = line.split(/\s+/);
  const words = rest.filter((word) => !word.startsWith("-"));
  const [first = "", second = ""] = words;
  if (command === "npm" && first === "run") return [{ kind: "script", name: second }];
  if (command === "npm" && (first === "test" || first === "start")) return [{ kind: "script", name: first }];
  if (command === "npm" && (first === "install" || first === "i")) {
    return words.slice(1).map((word) => ({ kind: "package", name: word.replace(/(?!^)@.*$/, "") }));
  }
  if (command === "npx" && rest[0] === "--package") {
    return [
      { kind: "package", name: first },
      { kind: "command", name: second },
    ];
  }
  if (command === "npx") return [{ kind: "command", name: first }];
  const script = words.find((word) => /^[\w.-]+\/.*\.[cm]?[jt]s$/.test(word));
  return command === "node" && script !== undefined ? [{ kind: "file", name: script }] : [];
}

function scriptsOf(root: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  return Object.keys(scripts);
}
