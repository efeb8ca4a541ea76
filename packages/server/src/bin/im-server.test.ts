import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { fileURLToPath } from "node:url";
import { MessageType } from "@im-sdk/gen";
import { makeCertificates } from "../test-kit/certificates.ts";
import { connectTo, startTestServer } from "../test-kit/test-server.ts";
import { createConsoleLogger } from "./console-logger.ts";

const command = fileURLToPath(new URL("./im-server.ts", import.meta.url));

function run(...flags: string[]): ChildProcessWithoutNullStreams & AsyncDisposable {
  const child = spawn(process.execPath, [command, ...flags]);
  const exited = once(child, "exit");
  const end = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return Object.assign(child, { [Symbol.asyncDispose]: end });
}

/** Waits for the line that says where, and gives its URL. */
async function listening(child: ChildProcessWithoutNullStreams): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += String(chunk);
    const url = /^listening on (\S+)$/m.exec(output)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`it ended without listening: ${output}`);
}

async function outcome(child: ChildProcessWithoutNullStreams) {
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { stdout, stderr, code: code as number | null };
}

test("it serves until SIGTERM, then drains and exits with 0", async () => {
  await using child = run("--port", "0");
  const connection = connectTo(await listening(child));
  const stream = connection.open("alice");
  await stream.next();
  const exited = outcome(child);
  child.kill("SIGTERM");
  assert.equal((await stream.nextSystem()).eventType, "server_draining");
  stream.halfClose();
  const { code, stdout, stderr } = await exited;
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^\d{4}-\S+Z info {2}draining streams=1$/m);
});

test("a second signal ends it with 1 at once", async () => {
  await using child = run("--port", "0");
  const stream = connectTo(await listening(child)).open("alice");
  await stream.next();
  const exited = once(child, "exit");
  child.kill("SIGINT");
  await stream.nextSystem();
  child.kill("SIGINT");
  assert.equal((await exited)[0], 1);
  await stream.ended;
});

test("a port that is taken is one line on stderr and exit code 1", async () => {
  await using kit = await startTestServer();
  await using child = run("--port", String(kit.server.port));
  const { code, stderr } = await outcome(child);
  assert.equal(code, 1);
  assert.equal(stderr, `im-server: port ${kit.server.port} on 127.0.0.1 is taken by another process\n`);
});

test("mistakes in the command line exit with 2, files that cannot be read with 1", async () => {
  const mistakes: [string[], number, RegExp][] = [
    [["--port", "x"], 2, /--port <port>.*Want a whole number from 0 to 65535/],
    [["--nats", "a:1", "--nats-replicas", "2"], 2, /--nats-replicas <count>.*'2'.*Allowed choices are 1, 3, 5/],
    [["--nats-replicas", "3"], 2, /^error: --nats-replicas is for a NATS: give --nats too\n$/],
    [["--log-level", "loud"], 2, /error, warn, info, debug/],
    [["--nonsense"], 2, /unknown option '--nonsense'/],
    [["extra"], 2, /too many arguments/],
    [["--tls-cert", "a.pem"], 2, /^error: --tls-cert and --tls-key belong together: give both\n$/],
    [["--tls-cert", "/none.pem", "--tls-key", "k"], 1, /^im-server: --tls-cert \/none.pem cannot be read: .*\n$/],
    [["--public-url", "x"], 1, /^im-server: publicUrl is "x": want .*\n$/],
  ];
  for (const [flags, expected, message] of mistakes) {
    await using child = run(...flags);
    const { code, stderr } = await outcome(child);
    assert.deepEqual([flags, code], [flags, expected]);
    assert.match(stderr, message);
  }
});

test("help and version exit with 0", async () => {
  await using help = run("--help");
  assert.match((await outcome(help)).stdout, /Usage: im-server[\s\S]+--tls-ca/);
  await using version = run("--version");
  const { stdout, code } = await outcome(version);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(code, 0);
});

test("limits and retention of the command line hold", async () => {
  await using child = run(
    "--port",
    "0",
    "--max-message-bytes",
    "10",
    "--retention-messages",
    "1",
    "--log-level",
    "error",
  );
  const { im, session } = connectTo(await listening(child));
  for (const content of ["a", "b"]) {
    await im.sendMessage({ userId: "a", roomId: "r", type: MessageType.TEXT, content: Buffer.from(content) });
  }
  assert.equal((await im.listMessages({ roomId: "r", userId: "a" })).messages.length, 1);
  const large = { userId: "a", roomId: "r", type: MessageType.TEXT, content: new Uint8Array(11) };
  await assert.rejects(im.sendMessage(large));
  session.abort();
});

test("with --tls-ca it takes clients with a certificate only", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "im-tls-"));
  t.after(() => rm(folder, { recursive: true }));
  const files = makeCertificates(folder);
  if (files === undefined) return t.skip("there is no openssl here");
  const { caFile, certFile, keyFile, ca, cert, key } = files;
  await using child = run("--port", "0", "--tls-cert", certFile, "--tls-key", keyFile, "--tls-ca", caFile);
  const url = await listening(child);
  assert.match(url, /^https:/);

  const known = connectHttp2(url, { ca, cert, key });
  await once(known, "connect");
  const request = known.request({ ":path": "/audio/none" });
  const [headers] = await once(request, "response");
  assert.equal(headers[":status"], 404);
  known.destroy();

  const stranger = connectTls({ host: "127.0.0.1", port: Number(new URL(url).port), ca, ALPNProtocols: ["h2"] });
  stranger.resume();
  const error = await new Promise((resolve) => stranger.on("error", resolve));
  assert.match(String(error), /certificate required/);
});

test("log lines hold what clients say on one line", () => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const text = createConsoleLogger({ level: "info", json: false, write, now: () => 0 });
  text.info("joined", { user: "a\nb", room: "r-1", error: new Error("no way"), sequence: 1n });
  text.debug("left out");
  createConsoleLogger({ level: "debug", json: true, write, now: () => 0 }).debug("x", { sequence: 1n });
  assert.deepEqual(lines, [
    '1970-01-01T00:00:00.000Z info  joined user="a\\nb" room=r-1 error="no way" sequence=1\n',
    '{"time":"1970-01-01T00:00:00.000Z","level":"debug","message":"x","sequence":"1"}\n',
  ]);
});
