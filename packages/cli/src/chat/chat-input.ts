/** What a typed line asks for. */
export type ChatInput =
  | { readonly kind: "say"; readonly text: string }
  | { readonly kind: "who" | "help" | "quit" | "nothing" }
  | { readonly kind: "unknown"; readonly command: string };

/** Reads a typed line: a command begins with `/`; a text that does so is typed with `//`. */
export function readChatInput(line: string): ChatInput {
  if (line.trim() === "") return { kind: "nothing" };
  if (line.startsWith("//")) return { kind: "say", text: line.slice(1) };
  if (!line.startsWith("/")) return { kind: "say", text: line };
  const command = line.trim().split(/\s/, 1)[0] ?? "";
  const kind = commands[command];
  return kind === undefined ? { kind: "unknown", command } : { kind };
}

/** The commands, for people. */
export const chatHelp = [
  "/who    who is in the room",
  "/help   this",
  "/quit   leave, as do Ctrl-C and Ctrl-D",
  "//text  says /text",
];

const commands: Readonly<Partial<Record<string, "who" | "help" | "quit">>> = {
  "/who": "who",
  "/help": "help",
  "/quit": "quit",
  "/exit": "quit",
};
