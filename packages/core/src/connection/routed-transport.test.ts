import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, createContextValues, createRouterTransport } from "@connectrpc/connect";
import { HealthStatus, IMService } from "@im-sdk/gen";
import { settle } from "../test-kit/until.ts";
import type { Link } from "./link.ts";
import { createRoutedTransport, routeObserverKey } from "./routed-transport.ts";

function linkTo(message: string): Link {
  const base = createRouterTransport(({ service }) => {
    service(IMService, {
      healthCheck: () => ({ status: HealthStatus.SERVING, message }),
      async *streamMessages() {
        yield { messageId: message };
      },
    });
  });
  return { base } as Link;
}

test("every call goes to the link of the moment, waits while there is none, and its caller learns which it was", async () => {
  const waiting: ((link: Link) => void)[] = [];
  const client = createClient(
    IMService,
    createRoutedTransport(() => new Promise((resolve) => waiting.push(resolve))),
  );
  const used: Link[] = [];
  const contextValues = createContextValues().set(routeObserverKey, (link) => used.push(link));
  const [a, b] = [linkTo("a"), linkTo("b")];

  const unary = client.healthCheck({}, { contextValues });
  await settle();
  assert.deepEqual(used, []);
  waiting.shift()?.(a);
  assert.equal((await unary).message, "a");

  const stream = client.streamMessages((async function* () {})(), { contextValues })[Symbol.asyncIterator]();
  const first = stream.next();
  await settle();
  waiting.shift()?.(b);
  assert.equal((await first).value.messageId, "b");
  assert.deepEqual(used, [a, b]);
});

test("a call without a link to come fails as the wait does, and the wait gets the call's signal", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const client = createClient(
    IMService,
    createRoutedTransport((signal) => {
      signals.push(signal);
      return Promise.reject(new Error("closed"));
    }),
  );
  const { signal } = new AbortController();
  await assert.rejects(client.healthCheck({}, { signal }), /closed/);
  assert.deepEqual(signals, [signal]);
});
