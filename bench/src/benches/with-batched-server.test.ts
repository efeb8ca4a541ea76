import assert from "node:assert/strict";
import { test } from "node:test";
import { takeTurn } from "../turns/take-turn.ts";
import { withBatchedServer } from "./with-batched-server.ts";

test("a benchmark whose server dies fails with that, and not with what its clients say of it", async () => {
  const measured = withBatchedServer(async ({ plain: port }, server) => {
    await server.kill();
    return await takeTurn("uploads.ts", { peer: "node-http2", port, warmUpBytes: 0, bytes: 0 });
  });
  await assert.rejects(measured, /servers\/batched-server\.ts ended with SIGKILL/);
});

test("one whose client fails fails with what the client says", async () => {
  const measured = withBatchedServer(() => takeTurn("uploads.ts", { peer: "nobody" }));
  await assert.rejects(measured, /turns\/uploads\.ts failed: TypeError/);
});
