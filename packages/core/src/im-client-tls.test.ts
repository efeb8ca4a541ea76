import assert from "node:assert/strict";
import { test } from "node:test";
import { startImServer } from "@im-sdk/server";
import { createCertificates } from "@im-sdk/test-servers";
import type { TlsOptions } from "./connection/endpoint.ts";
import { ImClient } from "./im-client.ts";
import { hasCode } from "./test-kit/has-code.ts";

const { ca, server: serverCertificate, client: clientCertificate } = await createCertificates();

async function connect(port: number, tls: TlsOptions): Promise<void> {
  await using client = new ImClient({
    userId: "ann",
    defaultRoomId: "lobby",
    services: [`localhost:${port}`],
    tls,
    maxRetries: 0,
  });
  await client.connect();
  assert.equal((await client.sendTextMessage("lobby", "hello")).delivery, "acknowledged");
  assert.notEqual((await client.uploadAudio("lobby", new Uint8Array(100_000), { format: "opus" })).audioId, "");
}

test("TLS: a client that trusts the authority talks, one that does not says why it did not", async () => {
  await using server = await startImServer({ tls: serverCertificate });
  await connect(server.port, { ca });
  await assert.rejects(connect(server.port, true), hasCode("unavailable", `localhost:${server.port}`, "certificate"));
  await assert.rejects(connect(server.port, false), hasCode("unavailable", `localhost:${server.port}`));
  await connect(server.port, { rejectUnauthorized: false });
});

test("mutual TLS: only a client with a certificate of the authority gets in", async () => {
  await using server = await startImServer({ tls: { ...serverCertificate, ca, requestClientCertificate: true } });
  await connect(server.port, { ca, ...clientCertificate });
  await assert.rejects(connect(server.port, { ca }), hasCode("unavailable", `localhost:${server.port}`));
});

test("TLS that makes no sense is an ImError that names the option", () => {
  assert.throws(
    () =>
      new ImClient({
        userId: "ann",
        services: ["localhost:1"],
        tls: { ca, cert: "not a certificate", key: "not a key" },
      }),
    hasCode("invalid_argument", "tls"),
  );
  assert.throws(
    () => new ImClient({ userId: "ann", services: ["localhost:1"], tls: "yes" as unknown as boolean }),
    hasCode("invalid_argument", "tls"),
  );
  for (const wrong of ["", "not a certificate", [ca, Buffer.from([0])]]) {
    const make = () => new ImClient({ userId: "ann", services: ["localhost:1"], tls: { ca: wrong } });
    assert.throws(make, hasCode("invalid_argument", "tls.ca"));
  }
});

test("a server without TLS is told in one line, without the places in OpenSSL's source", async () => {
  await using server = await startImServer();
  const told = hasCode("unavailable", `localhost:${server.port} (TLS: wrong version number)`);
  await assert.rejects(connect(server.port, { ca }), told);
});
