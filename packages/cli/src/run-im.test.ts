import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "./test-kit/running-command.ts";
import { startTestRoom } from "./test-kit/test-room.ts";

test("help and version are on stdout with 0, of every command with examples", async () => {
  const version = await runCommand(["--version"]);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  const help = await runCommand(["--help"]);
  assert.match(help.stdout, /Usage: im [\s\S]+IM_SERVER[\s\S]+Examples:[\s\S]+Exit codes:/);
  const commands = [...help.stdout.matchAll(/^ {2}(\w+) (?:\[|<| {2})/gm)].map(([, name]) => name ?? "");
  const described = commands.filter((name) => name !== "help");
  assert.deepEqual(described, ["chat", "send", "tail", "upload", "room", "health", "discover"]);
  const outcomes = await Promise.all(described.map((name) => runCommand([name, "--help"])));
  for (const [index, { code, stdout, stderr }] of outcomes.entries()) {
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`Usage: im ${described[index]}[\\s\\S]+--server[\\s\\S]+Examples:\\n {2}im `));
  }
});

const mistakes: [string[], RegExp][] = [
  [["sned", "lobby"], /unknown command 'sned' \(Did you mean send\?\)/],
  [["send"], /missing required argument 'room'/],
  [["room", "a", "b"], /too many arguments/],
  [["health", "--nonsense"], /unknown option '--nonsense'/],
  [["health", "--server", "x"], /argument 'x' is invalid\. Want host:port/],
  [["health", "--timeout", "soon"], /Want a time such as 10s/],
  [["health", "--consul", "a:1", "--etcd", "b:2"], /--consul and --etcd exclude each other/],
  [["health", "--consul", "a:1,b:2"], /--consul takes one address/],
  [["send", "lobby", "--lines", "text"], /--lines reads stdin/],
  [["send", "lobby", ""], /the text is empty/],
  [["room", "lobby", "--service-name", ""], /serviceName/],
  [["discover"], /give --consul or --etcd/],
  [["tail", "lobby", "--since", "yesterday"], /Want a time ago/],
];
for (const [args, message] of mistakes) {
  test(`"im ${args.join(" ")}" is one line on stderr and exit code 2`, async () => {
    const { code, stdout, stderr } = await runCommand(args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^im: .+\n$/);
    assert.match(stderr, message);
  });
}

test("without a command the help is on stderr, with exit code 2", async () => {
  const { code, stdout, stderr } = await runCommand([]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^Usage: im /);
});

test("an option on the command line counts before the environment, and stands before or behind the command", async () => {
  await using room = await startTestRoom();
  const env = { IM_SERVER: "127.0.0.1:1", IM_CONSUL: "127.0.0.1:1", IM_USER: "carol" };
  const server = ["--server", room.env.IM_SERVER];
  assert.equal((await runCommand([...server, "send", "lobby", "one"], { env })).code, 0);
  assert.equal((await runCommand(["send", "lobby", "two", ...server, "--user", "dave"], { env })).code, 0);
  const senders: string[] = [];
  for await (const message of room.bob.listMessages("lobby")) senders.push(message.fromUserId);
  assert.deepEqual(senders, ["carol", "dave"]);
  const { code, stderr } = await runCommand(["send", "lobby", "three"], { env });
  assert.equal(code, 2);
  assert.match(stderr, /exclude each other/);
});

test("a variable that is empty is not given", async () => {
  const { stdout, stderr } = await runCommand(["health", "--json", "--timeout", "1s"], { env: { IM_SERVER: "" } });
  assert.equal(stderr, "");
  assert.equal(JSON.parse(stdout).address, "localhost:8083");
});

test("the token is sent, from the environment too, and is not in what a refusal says", async () => {
  await using room = await startTestRoom({
    authenticate: (token) => {
      if (token === "the-secret") return "alice";
      if (token === undefined || token === "") return "bob";
      throw new Error("no");
    },
  });
  const say = (env: Record<string, string>, ...args: string[]) =>
    runCommand(["send", "lobby", "hi", "--user", "alice", ...args], { env: { ...room.env, ...env } });
  assert.equal((await say({}, "--token", "the-secret")).code, 0);
  assert.equal((await say({ IM_TOKEN: "the-secret" })).code, 0);
  const { code, stderr } = await say({ IM_TOKEN: "wrong-secret" });
  assert.equal(code, 1);
  assert.match(stderr, /IM_TOKEN, right\?/);
  assert.doesNotMatch(stderr, /wrong-secret/);
});
