import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator, type NodeConnectionOptions, nkeys } from "@nats-io/transport-node";
import { createTlsFiles } from "./fixtures/create-tls-files.ts";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";
import type { RunningServer } from "./running-server.ts";
import { skipWithout } from "./skip-without.ts";
import { startNats } from "./start-nats.ts";

const real = await skipWithout("nats-server");

test("NATS takes writes once it is started, keeps them through a crash, and loses them when wiped", real, async () => {
  await using nats = await startNats();
  assert.equal(await store(nats), 1);
  await nats.kill();
  await nats.start({ keepData: true });
  assert.equal(await store(nats), 2);
  await nats.kill();
  await nats.start({ keepData: false });
  assert.equal(await store(nats), 1);
});

test("NATS is silent while paused, and answers when it is resumed", real, async () => {
  await using nats = await startNats();
  const connection = await connect({ servers: nats.address });
  nats.pause();
  const waiting = connection.rtt();
  assert.equal(await Promise.race([waiting, delay(300)]), undefined);
  nats.resume();
  assert.ok((await waiting) >= 0);
  await connection.close();
  nats.pause();
  await nats.kill();
});

test("with a user NATS refuses whoever does not know name and password", real, async () => {
  await using nats = await startNats({ user: { name: "im", password: "secret" } });
  await assert.rejects(store(nats), { name: "AuthorizationError" });
  await assert.rejects(store(nats, { user: "im", pass: "wrong" }), { name: "AuthorizationError" });
  assert.equal(await store(nats, { user: "im", pass: "secret" }), 1);
});

test("with a key NATS takes the credentials of that user, and of no other", real, async () => {
  const [user, other] = [nkeys.createUser(), nkeys.createUser()];
  await using nats = await startNats({ nkey: user.getPublicKey() });
  assert.equal(await store(nats, { authenticator: credentialsOf(user) }), 1);
  await assert.rejects(store(nats, { authenticator: credentialsOf(other) }), { name: "AuthorizationError" });
});

test("with a certificate NATS speaks TLS, and to those only who show one when asked to", real, async () => {
  await using folder = await temporaryFolder();
  const { certFile, keyFile, caFile, ca, cert, key } = await createTlsFiles(folder.path);
  await using nats = await startNats({ tls: { certFile, keyFile } });
  assert.equal(await store(nats, { tls: { ca } }), 1);
  await assert.rejects(store(nats, { tls: {} }));

  await using strict = await startNats({ tls: { certFile, keyFile, clientCaFile: caFile } });
  await assert.rejects(store(strict, { tls: { ca } }));
  assert.equal(await store(strict, { tls: { ca, cert: String(cert), key: String(key) } }), 1);
});

test("a NATS that does not come up says why", real, async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "nonsense.pem");
  await writeFile(file, "nonsense");
  await assert.rejects(
    startNats({ tls: { certFile: file, keyFile: file } }),
    /nats-server at 127\.0\.0\.1:\d+ ended before it was ready\. Its last words:\n.*PEM/s,
  );
});

/** Stores a message, and answers how many are stored. */
async function store({ address }: RunningServer, options: NodeConnectionOptions = {}): Promise<number> {
  const connection = await connect({ ...options, servers: address, reconnect: false, maxReconnectAttempts: 0 });
  try {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: "greetings", subjects: ["greetings"] });
    return (await jetstream(connection).publish("greetings", "hello")).seq;
  } finally {
    await connection.close();
  }
}

/** As a credentials file has them. A server that knows keys goes by the seed, and does not look at the token. */
function credentialsOf(user: ReturnType<typeof nkeys.createUser>) {
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  const seed = new TextDecoder().decode(user.getSeed());
  return credsAuthenticator(new TextEncoder().encode(block("NATS USER JWT", "token") + block("USER NKEY SEED", seed)));
}
