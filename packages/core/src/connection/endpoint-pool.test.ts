import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { describe, test } from "node:test";
import { createContextValues } from "@connectrpc/connect";
import { IMService } from "@im-sdk/gen";
import { createInstance } from "@im-sdk/testing";
import { hasCode } from "../test-kit/has-code.ts";
import { grpcHead, startHttp2Peer } from "../test-kit/http2-peer.ts";
import { ManualInput } from "../test-kit/manual-input.ts";
import { until } from "../test-kit/until.ts";
import { streamObserverKey } from "../transport/stream-observer.ts";
import type { EndpointLease, EndpointOptions } from "./endpoint.ts";
import { createEndpointPool } from "./endpoint-pool.ts";

const options: EndpointOptions = { tls: false, readMaxBytes: 1_000_000, writeMaxBytes: 1_000_000 };
const never = new AbortController().signal;

async function setup(maxConcurrentStreams?: number) {
  const settings = maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams };
  const peer = await startHttp2Peer((stream) => stream.respond(grpcHead), { settings });
  const [address = "", port = ""] = peer.address.split(":");
  const instance = createInstance("a", { address, port: Number(port) });
  return {
    peer,
    instance,
    pool: createEndpointPool(),
    open: () => peer.sessions.filter(({ destroyed }) => !destroyed).length,
  };
}

/** Opens a stream on a lease as a link does; resolves when its session is followed. */
async function openStream(lease: EndpointLease, onGoaway: () => void = () => {}): Promise<AbortController> {
  const abort = new AbortController();
  const contextValues = createContextValues().set(streamObserverKey, {
    onOpen: ({ session }) => {
      if (session !== undefined) lease.follow(session as Parameters<EndpointLease["follow"]>[0], onGoaway);
    },
  });
  const { streamMessages } = IMService.method;
  await lease.transport.stream(streamMessages, abort.signal, 0, {}, new ManualInput<never>(), contextValues);
  return abort;
}

describe("a share of a connection", () => {
  test("is of the same connection for all who ask for the same instance, and the last to give it back closes it", async () => {
    const { peer, instance, pool, open } = await setup();
    await using _ = peer;
    const [first, second] = await Promise.all([1, 2].map(() => pool.acquire(instance, options, never)));
    await until(() => open() === 1);
    const stream = await openStream(second as EndpointLease);
    first?.release();
    first?.release();
    await openStream(second as EndpointLease);
    assert.deepEqual([peer.sessions.length, open()], [1, 1], "given back twice it counts once");
    stream.abort();
    second?.release();
    await until(() => open() === 0);
    const third = await pool.acquire(instance, options, never);
    await until(() => peer.sessions.length === 2);
    third.release();
  });

  test("is of another connection for another instance, other limits or other TLS options", async () => {
    const { peer, instance, pool } = await setup();
    await using _ = peer;
    await pool.acquire(instance, options, never);
    await pool.acquire(instance, { ...options, readMaxBytes: 5 }, never);
    await pool.acquire(instance, { ...options, writeMaxBytes: 5 }, never);
    await pool.acquire({ ...instance, id: "b" }, options, never);
    await until(() => peer.sessions.length === 3);
    // A plain peer speaks no TLS; that it is dialled again is what counts.
    let dialled = 0;
    const tls = createServer((socket) => {
      dialled++;
      socket.destroy();
    });
    tls.listen(0, "127.0.0.1");
    await once(tls, "listening");
    const secured = { ...instance, port: (tls.address() as { port: number }).port };
    const shared = {};
    const tries = [shared, shared, {}, true, true].map((tlsOptions) =>
      pool.acquire(secured, { ...options, tls: tlsOptions }, never),
    );
    for (const result of await Promise.allSettled(tries)) assert.equal(result.status, "rejected");
    assert.equal(dialled, 3);
    tls.close();
    await pool.close();
  });

  test("is of another connection when the peer's stream limit is near, and of the first again when there is room", async () => {
    const { peer, instance, pool } = await setup(10);
    await using _ = peer;
    const leases: EndpointLease[] = [];
    for (let index = 0; index < 7; index++) {
      const lease = await pool.acquire(instance, options, never);
      await openStream(lease);
      leases.push(lease);
    }
    assert.equal(peer.sessions.length, 2, "four of ten streams stay free for calls");
    leases[0]?.release();
    await openStream(await pool.acquire(instance, options, never));
    assert.deepEqual(
      peer.sessions.map((session) => peer.streams.filter((stream) => stream.session === session).length),
      [7, 1],
    );
    await pool.close();
  });

  test("keeps room for at least one, however low the limit is", async () => {
    const { peer, instance, pool } = await setup(2);
    await using _ = peer;
    for (let index = 0; index < 3; index++) await openStream(await pool.acquire(instance, options, never));
    assert.equal(peer.sessions.length, 3);
    await pool.close();
  });

  test("hears that the peer is about to leave, until it is given back", async () => {
    const { peer, instance, pool } = await setup();
    await using _ = peer;
    const heard: string[] = [];
    const [stays, goes] = [await pool.acquire(instance, options, never), await pool.acquire(instance, options, never)];
    await openStream(stays, () => heard.push("stays"));
    await openStream(goes, () => heard.push("goes"));
    goes.release();
    peer.sessions[0]?.goaway();
    await until(() => heard.length > 0);
    assert.deepEqual(heard, ["stays"]);
    await pool.close();
  });
});

describe("acquiring", () => {
  test("rejects with why the instance cannot be reached, and leaves nothing behind", async () => {
    const { peer, instance, pool } = await setup();
    await peer[Symbol.asyncDispose]();
    await assert.rejects(pool.acquire(instance, options, never), /ECONNREFUSED/);
    await assert.rejects(pool.acquire(instance, options, never), /ECONNREFUSED/);
  });

  test("rejects with the signal's reason, and gives the connection up when nobody else waits for it", async () => {
    const { peer, instance, pool } = await setup();
    await using _ = peer;
    const reason = new Error("enough");
    const [early, late] = [new AbortController(), new AbortController()];
    early.abort(reason);
    await assert.rejects(pool.acquire(instance, options, early.signal), reason);
    const cancelled = pool.acquire(instance, options, late.signal);
    const waiting = pool.acquire(instance, options, never);
    late.abort(reason);
    await assert.rejects(cancelled, reason);
    await openStream(await waiting);
    assert.equal(peer.sessions.filter(({ destroyed }) => !destroyed).length, 1);
    await pool.close();
  });

  test("of a host that accepts and says nothing ends with the signal, and the socket is closed", async () => {
    const sockets: Socket[] = [];
    const closed = Promise.withResolvers<void>();
    const silent = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.on("close", () => closed.resolve());
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const pool = createEndpointPool();
    const abort = new AbortController();
    // TLS: an HTTP/2 connection without it counts as up when the socket is.
    const acquiring = pool.acquire(createInstance("a", { port }), { ...options, tls: {} }, abort.signal);
    acquiring.catch(() => {});
    await until(() => sockets.length === 1);
    sockets[0]?.resume();
    abort.abort(new Error("enough"));
    await assert.rejects(acquiring, /enough/);
    await closed.promise;
    silent.close();
  });
});

describe("closing the pool", () => {
  test("closes every connection, and nothing can be acquired any more", async () => {
    const { peer, instance, pool, open } = await setup();
    await using _ = peer;
    const lease = await pool.acquire(instance, options, never);
    await until(() => open() === 1);
    await pool[Symbol.asyncDispose]();
    await until(() => open() === 0);
    lease.release();
    await assert.rejects(pool.acquire(instance, options, never), hasCode("failed_precondition", "createEndpointPool"));
  });

  test("ends those who are acquiring, with a reason", async () => {
    const { peer, instance, pool } = await setup();
    await using _ = peer;
    const acquiring = pool.acquire(instance, options, never);
    acquiring.catch(() => {});
    await pool.close();
    await assert.rejects(acquiring, hasCode("canceled", "closed while connecting"));
  });
});
