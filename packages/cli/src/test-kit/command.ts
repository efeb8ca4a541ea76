import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** The built command, as the manifest names it. */
export const commandFile = fileURLToPath(new URL(binOf(new URL("package.json", root)), root));

/** The environment of a command under test: nothing in it that the command would heed, or by which Node tells colours from none. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const heeded =
    /^(?:IM_|CONSUL_|ETCD|NATS_|NO_COLOR|FORCE_COLOR|COLORTERM|NODE_)|^(?:CI|TMUX|TF_BUILD|AGENT_NAME|TEAMCITY_VERSION|TERM_PROGRAM)$/;
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !heeded.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), TERM: "xterm-256color", ...more };
}

function binOf(manifestFile: URL): string {
  const manifest: unknown = JSON.parse(readFileSync(manifestFile, "utf8"));
  return (manifest as { bin: { im: string } }).bin.im;
}
