import assert from "node:assert/strict";
import { test } from "node:test";
import type { Registration, ServiceInstance, ServiceRegistry } from "@im-sdk/contracts";
import { HealthStatus, MessageType } from "@im-sdk/gen";
import { HealthCheckResponse_ServingStatus as Status } from "@im-sdk/gen/grpc/health/v1/health_pb.js";
import { MemoryRoomLog } from "../log/memory-room-log.ts";
import { storageOn } from "../test-kit/storage-on.ts";
import { startTestServer } from "../test-kit/test-server.ts";
import type { ServerStorage } from "./server-storage.ts";

/** A storage that the test takes away. */
function leavingStorage(startsAway = false) {
  const listeners = new Set<(isAvailable: boolean) => void>();
  const storage: ServerStorage = {
    ...storageOn((_roomId, options) => new MemoryRoomLog(options)),
    watchAvailability(listener) {
      listeners.add(listener);
      if (startsAway) listener(false);
      return () => listeners.delete(listener);
    },
  };
  const tell = (isAvailable: boolean) => {
    for (const listener of listeners) listener(isAvailable);
  };
  return { storage, listeners, leave: () => tell(false), comeBack: () => tell(true) };
}

/** A registry that writes down what it is asked, and is as slow to forget as the test likes. */
function notingRegistry() {
  const asked: string[] = [];
  const kit = { asked, forgotten: Promise.resolve() };
  const registry: ServiceRegistry = {
    async register(instance: ServiceInstance): Promise<Registration> {
      asked.push("register");
      const close = async () => {
        asked.push("withdraw");
        await kit.forgotten;
      };
      return { instance, close, [Symbol.asyncDispose]: close };
    },
    async deregister() {},
  };
  return Object.assign(kit, { registry });
}

const turn = () => new Promise(setImmediate);

test("while the storage is away every health check says NOT_SERVING, and SERVING once it is back; streams stay", async () => {
  const { storage, leave, comeBack } = leavingStorage();
  await using kit = await startTestServer({ storage });
  const connection = kit.connect();
  const stream = connection.open("ann");
  await stream.next(MessageType.HEARTBEAT);
  const watch = connection.health.watch({})[Symbol.asyncIterator]();
  const unknown = connection.health.watch({ service: "x" })[Symbol.asyncIterator]();
  const watched = async () => (await watch.next()).value?.status;
  assert.equal(await watched(), Status.SERVING);
  assert.equal((await unknown.next()).value?.status, Status.SERVICE_UNKNOWN);

  for (let outage = 0; outage < 2; outage += 1) {
    leave();
    assert.equal(await watched(), Status.NOT_SERVING);
    assert.equal((await connection.health.check({})).status, Status.NOT_SERVING);
    const { status, message } = await connection.im.healthCheck({});
    assert.deepEqual([status, message], [HealthStatus.NOT_SERVING, "the storage is away"]);
    comeBack();
    assert.equal(await watched(), Status.SERVING);
    assert.equal((await connection.im.healthCheck({})).status, HealthStatus.SERVING);
  }
  stream.text("r", "still here", { messageId: "m", ackRequired: true });
  assert.equal((await stream.next(MessageType.ACK)).type, MessageType.ACK);

  leave();
  assert.equal(await watched(), Status.NOT_SERVING);
  const drained = kit.server.drain();
  assert.equal((await watch.next()).done, true, "a drain ends a watch that was told already");
  assert.equal((await unknown.next()).done, true);
  connection.session.abort();
  await drained;
});

test("the registry lists the server only while its storage is there", async () => {
  const { storage, listeners, leave, comeBack } = leavingStorage();
  const { registry, asked } = notingRegistry();
  const kit = await startTestServer({ storage, registry });
  leave();
  await turn();
  assert.deepEqual(asked, ["register", "withdraw"]);
  comeBack();
  await turn();
  assert.deepEqual(asked, ["register", "withdraw", "register"]);
  await kit[Symbol.asyncDispose]();
  assert.deepEqual(asked, ["register", "withdraw", "register", "withdraw"]);
  assert.equal(listeners.size, 0);
});

test("a server whose storage is away from the start serves later, and is registered only then", async () => {
  const { storage, comeBack } = leavingStorage(true);
  const { registry, asked } = notingRegistry();
  await using kit = await startTestServer({ storage, registry });
  const { im } = kit.connect();
  assert.equal((await im.healthCheck({})).status, HealthStatus.NOT_SERVING);
  assert.deepEqual(asked, []);
  comeBack();
  await turn();
  assert.deepEqual(asked, ["register"]);
  assert.equal((await im.healthCheck({})).status, HealthStatus.SERVING);
});

test("a registry that is slow to forget is told of the return only when it has, and of the last state alone", async () => {
  const { storage, leave, comeBack } = leavingStorage();
  const kit = notingRegistry();
  await using _server = await startTestServer({ storage, registry: kit.registry });
  const forgotten = Promise.withResolvers<void>();
  kit.forgotten = forgotten.promise;
  for (let flap = 0; flap < 3; flap += 1) {
    leave();
    comeBack();
  }
  await turn();
  assert.deepEqual(kit.asked, ["register", "withdraw"]);
  forgotten.resolve();
  await turn();
  assert.deepEqual(kit.asked, ["register", "withdraw", "register"]);
});

test("a server that leaves while its storage is away is not registered again", async () => {
  const { storage, leave, comeBack } = leavingStorage();
  const { registry, asked } = notingRegistry();
  const kit = await startTestServer({ storage, registry });
  leave();
  const closed = kit.server.close();
  comeBack();
  await closed;
  await kit[Symbol.asyncDispose]();
  assert.deepEqual(asked, ["register", "withdraw"]);
});
