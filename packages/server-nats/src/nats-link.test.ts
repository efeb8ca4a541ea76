import assert from "node:assert/strict";
import { test } from "node:test";
import { queryObjects } from "node:v8";
import { skipWithout, startNats } from "@im-sdk/test-servers";
import { connect } from "@nats-io/transport-node";
import { NatsLink } from "./nats-link.ts";

const real = await skipWithout("nats-server");

class Answer {}

test(
  "nothing is kept of a call that was answered, and one without an answer ends with the connection",
  real,
  async (t) => {
    await using nats = await startNats();
    const link = await NatsLink.open(await connect({ servers: nats.address, maxReconnectAttempts: -1 }));
    t.after(() => link.close());
    for (let call = 0; call < 10; call += 1) await link.call(Promise.resolve(new Answer()));
    await new Promise(setImmediate);
    assert.equal(queryObjects(Answer, { format: "count" }), 0);

    const unanswered = assert.rejects(link.call(new Promise(() => {})), /the connection to NATS is gone/);
    await nats.kill();
    await unanswered;
    await assert.rejects(link.call(new Promise(() => {})), /the connection to NATS is gone/);
    const up = link.whenUp();
    await link.close();
    await up;
  },
);
