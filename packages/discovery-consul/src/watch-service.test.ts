import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock } from "@im-sdk/testing";
import { ConsulDiscovery } from "./consul-discovery.ts";
import { entry, instance } from "./test-kit/entry.ts";
import { hasCode } from "./test-kit/has-code.ts";
import { RecordingClock } from "./test-kit/recording-clock.ts";
import { answerJson, startStandIn } from "./test-kit/stand-in.ts";
import { WatchRecorder } from "./test-kit/watch-recorder.ts";

test("a list that is thinned out later is told, and the last one stays", async () => {
  let asked = 0;
  await using consul = await startStandIn((response) => {
    asked++;
    answerJson(response, asked === 1 ? [entry] : [], {
      "x-consul-index": `${asked}`,
      "x-consul-results-filtered-by-acls": `${asked > 1}`,
    });
  });
  await using discovery = new ConsulDiscovery({ address: consul.address, clock: new ManualClock() });
  const watch = new WatchRecorder(discovery, "s");
  await watch.until(({ errors }) => errors.length === 1);
  hasCode("permission_denied")(watch.errors[0]);
  assert.deepEqual(watch.snapshots, [[instance]]);
});

test("an index that went back starts over, and the list that came with it is not believed", async () => {
  const answers: [object[], string | undefined][] = [
    [[entry], "9"],
    [[], "4"],
    [[entry], "4"],
    [[], undefined],
    [[entry], undefined],
  ];
  await using consul = await startStandIn((response) => {
    const next = answers.shift();
    if (next === undefined) return;
    const [list, index] = next;
    answerJson(response, list, index === undefined ? {} : { "x-consul-index": index });
  });
  const clock = new ManualClock();
  await using discovery = new ConsulDiscovery({ address: consul.address, clock });
  const watch = new WatchRecorder(discovery, "s");
  for (let asked = 2; asked <= 6; asked++) {
    await consul.untilAsked(asked);
    await clock.advance(1_000);
  }
  assert.deepEqual(
    consul.asked.map(({ query }) => query.get("index")),
    [null, "9", null, "4", null, "1"],
  );
  assert.deepEqual(watch.snapshots, [[instance]]);
});

test("the bound of the delay between tries doubles up to five seconds, and starts over after an answer", async () => {
  const statuses = [500, 500, 500, 500, 500, 500, 500, 200, 500];
  await using consul = await startStandIn((response) => {
    const status = statuses.shift();
    if (status === 200) answerJson(response, [entry]);
    else if (status === 500) response.writeHead(500).end();
  });
  const clock = new RecordingClock();
  const requestTimeoutMs = 7_000;
  await using discovery = new ConsulDiscovery({ address: consul.address, clock, random: () => 0.8, requestTimeoutMs });
  const watch = new WatchRecorder(discovery, "s");
  for (let failures = 1; failures <= 7; failures++) {
    await watch.until(({ errors }) => errors.length === failures);
    await clock.advanceUntilAskedFor(requestTimeoutMs);
  }
  await watch.until(({ errors }) => errors.length === 8);
  const backoffs = [200, 400, 800, 1_600, 3_200, 4_000, 4_000, 200];
  assert.deepEqual(
    clock.delays.filter((delay) => backoffs.includes(delay)),
    backoffs,
  );
});
