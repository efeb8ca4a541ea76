import assert from "node:assert/strict";
import { test } from "node:test";
import { type Gap, ImClient, RegistryError } from "@im-sdk/core";
import { createInstance, ManualDiscovery } from "@im-sdk/testing";
import { gapText, noteConnection } from "./connection-notes.ts";
import { startTestRoom } from "./test-kit/test-room.ts";

test("a registry that refuses what it gave before is told with the variable to check", async () => {
  await using room = await startTestRoom();
  const discovery = new ManualDiscovery([createInstance("a", { port: room.server.port })]);
  await using client = new ImClient({ userId: "alice", discovery });
  await client.connect();
  const noted = new Promise<string>((resolve) => noteConnection(client, resolve));
  const suspects = ["token"];
  discovery.fail(new RegistryError("permission_denied", "Consul at a:8500", "did not list them: 403", { suspects }));
  assert.equal(await noted, "Consul at a:8500: did not list them: 403; is CONSUL_HTTP_TOKEN right?");
});

test("a gap is told by what is missing: a part, a whole log, or what nobody can tell", () => {
  const at = (sequence: bigint, epoch = "e") => ({ epoch, sequence });
  const gap = { roomId: "a\nb", reason: "not_in_log", after: at(3n), upTo: at(7n) } satisfies Gap;
  assert.equal(gapText(gap), "messages of a\\nb after 3 up to 7 are missing: the server no longer has them");
  assert.match(
    gapText({ ...gap, upTo: at(0n, "other") }),
    /begins anew on the server: .* after message 3 may be lost$/,
  );
  assert.match(gapText({ ...gap, reason: "no_cursor", after: undefined, upTo: undefined }), /may have been missed/);
});
