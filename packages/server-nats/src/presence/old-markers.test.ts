import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "../nats-link.ts";
import { markersKeptMs } from "./feed-progress.ts";
import { OldMarkers } from "./old-markers.ts";
import { bucketStream, PresenceBucket } from "./presence-bucket.ts";

const real = await skipWithout("nats-server");

test("markers are erased when their time is over, and nothing else is", real, async () => {
  await using nats = await startNats();
  const link = await NatsLink.open(await connect({ servers: nats.address }));
  const bucket = await PresenceBucket.open(link, { bucket: "b", replicas: 1 });
  const kept = async () => (await link.manager.streams.info(bucketStream("b"))).state.messages;
  await bucket.put("lease.x", "");
  const markers = new OldMarkers();
  for (let number = 0; number < 250; number += 1) markers.note(await bucket.delete(`lease.${number}`), number);
  assert.equal(await kept(), 251);
  await markers.erase(bucket, markersKeptMs + 199);
  assert.equal(await kept(), 51);
  // Somebody else was faster with one of them.
  await bucket.put("lease.249", "");
  await markers.erase(bucket, markersKeptMs + 249);
  assert.equal(await kept(), 2);
  await link.close();
});
