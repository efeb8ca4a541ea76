import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { entry, instance } from "./test-kit/entry.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { answerJson, startStandIn } from "./test-kit/stand-in.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

test("an IPv6 address of Consul is dialled without its brackets", async () => {
  await using consul = await startStandIn((response) => answerJson(response, [entry]), "::1");
  await using discovery = new ConsulDiscovery({ address: consul.address });
  assert.deepEqual(await discovery.discover("s"), [instance]);
});

test("an answer that breaks off, one that is no list, and one that is no JSON are failures like any other", async () => {
  const answers = [
    (response: ServerResponse) => {
      response.writeHead(200, { "content-length": "100", "content-type": "application/json" }).write("[");
      response.socket?.end();
    },
    (response: ServerResponse) => response.end("<html>"),
    (response: ServerResponse) => response.writeHead(200, { "content-type": "application/json" }).end("[{"),
    (response: ServerResponse) => answerJson(response, [entry]),
  ];
  await using consul = await startStandIn((response) => void answers.shift()?.(response));
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: consul.address, clock, random: () => 0 });
  const watch = new WatchRecorder(discovery, "s");
  await consul.untilAsked(1);
  await clock.advance(5_000);
  for (let failures = 1; failures <= 3; failures++) {
    await watch.until(({ errors }) => errors.length === failures);
    await clock.advance(1_000);
  }
  await watch.until(({ snapshots }) => snapshots.length === 1);
  for (const error of watch.errors) hasCode("unavailable", `Consul at ${consul.address}`)(error);
});
