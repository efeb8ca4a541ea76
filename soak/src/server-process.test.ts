import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { PortBlock } from "@im-sdk/test-servers";
import { ServerProcess, type ServerProcessOptions } from "./server-process.ts";

const listening = `import { createServer } from "node:http";
const server = createServer().listen(Number(process.argv[2]), "127.0.0.1");
`;

/** A server that runs this program instead of the real one, and what was told of it. */
async function serverOf(t: TestContext, program: string, options: Partial<ServerProcessOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), "im-sdk-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const script = join(folder, "program.mjs");
  await writeFile(script, program);
  const block = await PortBlock.claim(1);
  t.after(() => block.close());
  const failures: string[] = [];
  const onFailed = (words: string) => failures.push(words);
  const [port = 0] = block.ports;
  const server = await ServerProcess.create({ port, log: "memory", script, onFailed, ...options });
  t.after(() => server.close());
  return { server, failures };
}

test("a server that leaves in order when it is drained, or is killed, is told of in no words", async (t) => {
  const { server, failures } = await serverOf(
    t,
    `process.on("SIGTERM", () => server.close());
    ${listening}`,
  );
  await server.start();
  await server.drain();
  await server.start();
  await server.kill();
  await server.start();
  await server.close();
  assert.deepEqual(failures, []);
});

test("a server that does not end by SIGTERM is killed and told", async (t) => {
  const { server, failures } = await serverOf(
    t,
    `process.on("SIGTERM", () => {});
    ${listening}`,
    { drainTimeoutMs: 100 },
  );
  await server.start();
  await server.drain();
  assert.equal(failures.length, 1);
  assert.match(failures[0] ?? "", /^did not end within 100 ms of SIGTERM, drained/);
  await server.start();
});

test("a server that crashes while it is drained is told, with its last words", async (t) => {
  const { server, failures } = await serverOf(
    t,
    `process.on("SIGTERM", () => {
      throw new Error("no way out");
    });
    ${listening}`,
  );
  await server.start();
  await server.drain();
  assert.match(failures.join(), /^ended with 1, drained: .*no way out/s);
});

test("a server that a signal ends while it is drained is told", async (t) => {
  const { server, failures } = await serverOf(t, listening);
  await server.start();
  await server.drain();
  assert.match(failures.join(), /^ended with a signal, drained/);
});

test("a server that does not listen in time is killed and told", async (t) => {
  const { server, failures } = await serverOf(t, "setInterval(() => {}, 1_000);", { startTimeoutMs: 100 });
  await server.start();
  assert.match(failures.join(), /^did not listen within 100 ms/);
  await server.drain();
  assert.equal(failures.length, 1);
});

test("a server that ends by itself is told, once", async (t) => {
  const { server, failures } = await serverOf(t, "process.exitCode = 0;");
  await server.start();
  assert.deepEqual(failures, ["ended by itself: "]);
  await server.close();
  assert.equal(failures.length, 1);
});

test("what a server complains of until its end is told when it is closed", async (t) => {
  const { server, failures } = await serverOf(
    t,
    `import { appendFileSync } from "node:fs";
    process.on("SIGTERM", () => {
      appendFileSync("problems.log", "too late\\n");
      server.close();
    });
    appendFileSync("problems.log", "so early\\n");
    ${listening}`,
  );
  await server.start();
  await server.drain();
  await server.close();
  assert.deepEqual(failures, ["complained: so early", "complained: too late"]);
});
