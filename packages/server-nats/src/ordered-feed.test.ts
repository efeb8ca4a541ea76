import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "@im-sdk/contracts";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect, headers } from "@nats-io/transport-node";
import { NatsLink } from "./nats-link.ts";
import { OrderedFeed } from "./ordered-feed.ts";
import { RoomStream } from "./room-stream.ts";
import { logOptions } from "./test-kit/room.ts";

const real = await skipWithout("nats-server");

test("a feed that has lost its way before it had begun does not begin", real, async (t) => {
  await using nats = await startNats();
  const link = await NatsLink.open(await connect({ servers: nats.address }));
  t.after(() => link.close());
  const { retention, clock } = logOptions();
  const stream = new RoomStream({ link, clock, prefix: "im", roomId: "r", replicas: 1, retention });
  const { subject } = await stream.ensure();
  const { consumers } = link.manager;
  const add = consumers.add.bind(consumers);
  t.mock.method(consumers, "add", async (...[name, config]: Parameters<typeof add>) => {
    const made = await add(name, config);
    link.connection.publish(made.config.deliver_subject ?? "", undefined, { headers: headers(409, "gone") });
    await link.connection.flush();
    return made;
  });
  const reasons: string[] = [];
  const starting = OrderedFeed.start({
    link,
    clock: systemClock,
    stream: stream.name,
    subject,
    after: 0n,
    onMessage: () => {},
    onLost: (reason) => reasons.push(reason),
  });
  await assert.rejects(starting, /lost/);
  assert.deepEqual(reasons, ["gone"]);
});
