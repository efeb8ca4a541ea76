import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { HealthStatus, IMService, type MessageRequest } from "@im-sdk/gen";
import { outgoing } from "../test-kit/frames.ts";
import { hasCode } from "../test-kit/has-code.ts";
import { serve, servePlain, type TestServer } from "../test-kit/serve.ts";
import { until } from "../test-kit/until.ts";
import { createEndpointPool } from "./endpoint-pool.ts";
import { checkHealth, probeHealth } from "./health.ts";
import { openLink } from "./open-link.ts";

type Service = Partial<ServiceImpl<typeof IMService>>;

/** A stream that says nothing, not even headers, until the client has ended it. */
// biome-ignore lint/correctness/useYield: it says nothing
async function* silent(frames: AsyncIterable<MessageRequest>): AsyncGenerator<never> {
  for await (const _ of frames);
}

const serving: Service = { healthCheck: () => ({ status: HealthStatus.SERVING }), streamMessages: silent };

async function setup(service: Service, starting: Promise<TestServer> = servePlain(service)) {
  const server = await starting;
  const pool = createEndpointPool();
  const abort = new AbortController();
  const instance = {
    id: "a",
    name: "im-service",
    address: "127.0.0.1",
    port: server.port,
    tags: [],
    metadata: {},
    health: "unknown" as const,
  };
  const lease = await pool.acquire(instance, { tls: false, readMaxBytes: 1e6, writeMaxBytes: 1e6 }, abort.signal);
  const open = () =>
    openLink(
      {
        instance,
        lease,
        base: lease.transport,
        transport: lease.transport,
        header: new Headers(),
        greeting: [outgoing("hello")],
        onFrame: () => undefined,
        onWritten() {},
        onTooLarge() {},
        onDraining() {},
      },
      abort.signal,
    );
  return {
    server,
    abort,
    lease,
    open,
    async [Symbol.asyncDispose]() {
      await pool.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("a link", () => {
  test("is up when HealthCheck says SERVING, though the stream has sent no headers yet", async () => {
    await using peer = await setup(serving);
    const link = await peer.open();
    assert.deepEqual([link.isOpen, [...link.capabilities]], [true, []]);
    link.finish();
    assert.equal(await link.closed, undefined);
    await until(() => peer.server.sessions.size === 0);
  });

  test("is up when the server knows no HealthCheck", async () => {
    await using peer = await setup({ streamMessages: silent });
    (await peer.open()).abort();
  });

  test("is not up when what answers HealthCheck with HTTP 404 is no gRPC server, though it leaves the stream alone", async () => {
    const website = serve((request, response) => {
      if (request.url.endsWith("/HealthCheck")) response.writeHead(404).end("no such page");
    });
    await using peer = await setup({}, website);
    await assert.rejects(peer.open(), { code: Code.Unimplemented, rawMessage: "HTTP 404" });
  });

  test("waits for the stream's headers when HealthCheck shows a server that grants something", async () => {
    const answers = Promise.withResolvers<void>();
    const grants = "ack,resume";
    await using peer = await setup({
      healthCheck: (_, { responseHeader }: HandlerContext) => {
        responseHeader.set("im-capabilities", grants);
        return { status: HealthStatus.SERVING };
      },
      async *streamMessages(frames: AsyncIterable<MessageRequest>, { responseHeader }: HandlerContext) {
        await answers.promise;
        responseHeader.set("im-capabilities", grants);
        yield {};
        for await (const _ of frames);
      },
    });
    let isUp = false;
    const opening = peer.open().then((link) => {
      isUp = true;
      return link;
    });
    // By the time of this answer the one before it has come as well.
    await peer.lease.transport.unary(IMService.method.healthCheck, undefined, 0, undefined, {});
    assert.equal(isUp, false);
    answers.resolve();
    const link = await opening;
    assert.deepEqual([...link.capabilities], ["ack", "resume"]);
    link.abort();
  });

  test("is not when the instance takes no traffic, whatever word it has for that", async () => {
    for (const [status, word] of [
      [HealthStatus.NOT_SERVING, "NOT_SERVING"],
      [HealthStatus.SERVICE_UNKNOWN, "SERVICE_UNKNOWN"],
    ] as const) {
      await using peer = await setup({ ...serving, healthCheck: () => ({ status, message: "maintenance" }) });
      await assert.rejects(peer.open(), hasCode("unavailable", word, "maintenance"));
      await until(() => peer.server.sessions.size === 0);
    }
  });

  test("is not when the stream is refused, with the stream's error", async () => {
    await using peer = await setup({
      healthCheck: () => new Promise(() => {}),
      // biome-ignore lint/correctness/useYield: it only refuses
      async *streamMessages() {
        throw new ConnectError("who are you", Code.Unauthenticated);
      },
    });
    await assert.rejects(peer.open(), hasCode("unauthenticated", "who are you"));
  });

  test("is not when the check is refused, and its stream is given up", async () => {
    await using peer = await setup({
      ...serving,
      healthCheck: () => {
        throw new ConnectError("not you", Code.PermissionDenied);
      },
    });
    await assert.rejects(peer.open(), /not you/);
    await until(() => peer.server.sessions.size === 0);
  });

  test("is given up with the signal's reason, though the server never answers", async () => {
    await using peer = await setup({ ...serving, healthCheck: () => new Promise(() => {}) });
    const opening = peer.open();
    opening.catch(() => {});
    const reason = new Error("enough");
    peer.abort.abort(reason);
    await assert.rejects(opening, (error: unknown) => error === reason || error instanceof ConnectError);
    await until(() => peer.server.sessions.size === 0);
    await assert.rejects(peer.open(), /enough/);
  });
});

describe("asking for life", () => {
  const never = new AbortController().signal;

  test("any answer of the peer's own is a yes, a lost connection is a no", async () => {
    for (const code of [Code.Unimplemented, Code.Unauthenticated, Code.PermissionDenied, Code.ResourceExhausted]) {
      await using peer = await setup({
        ...serving,
        healthCheck: () => {
          throw new ConnectError("no", code);
        },
      });
      await probeHealth(peer.lease.transport, never);
    }
    await using peer = await setup({ ...serving, healthCheck: () => new Promise(() => {}) });
    const asking = probeHealth(peer.lease.transport, never);
    asking.catch(() => {});
    await until(() => peer.server.sessions.size === 1);
    for (const session of peer.server.sessions) session.destroy();
    await assert.rejects(asking, ConnectError);
  });

  test("an instance that takes no traffic lives", async () => {
    await using peer = await setup({ ...serving, healthCheck: () => ({ status: HealthStatus.NOT_SERVING }) });
    await probeHealth(peer.lease.transport, never);
    await assert.rejects(checkHealth(peer.lease.transport, true, never), hasCode("unavailable", "NOT_SERVING"));
  });
});
