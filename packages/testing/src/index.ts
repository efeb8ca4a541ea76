export { createInstance } from "./create-instance.ts";
export type { FaultDirection, FaultProxy } from "./fault-proxy.ts";
export { ManualClock } from "./manual-clock.ts";
export { ManualDiscovery } from "./manual-discovery.ts";
export type { RoomLogSubject } from "./room-log-set.ts";
export type { RoomLogAbility, RoomLogSuiteOptions } from "./room-log-suite.ts";
export type {
  TestedHead,
  TestedLogEntry,
  TestedPosition,
  TestedRoomLog,
  TestedRoomLogOptions,
} from "./room-log-under-test.ts";
export { type FaultProxyOptions, startFaultProxy } from "./start-fault-proxy.ts";
export { type StoreSuiteOptions, testClientStore } from "./test-client-store.ts";
export { type BalancerSuiteOptions, testLoadBalancer } from "./test-load-balancer.ts";
export { testRoomLog } from "./test-room-log.ts";
export { startTestServer, type TestServerOptions } from "./test-server/start-test-server.ts";
export type {
  CodeName,
  ReceivedAudio,
  ReceivedMessage,
  RpcName,
  SaidMessage,
  TestServer,
  WaitOptions,
} from "./test-server/test-server.ts";
export {
  type DiscoveryAbility,
  type DiscoverySetup,
  type DiscoverySubject,
  type DiscoverySuiteOptions,
  testServiceDiscovery,
} from "./test-service-discovery.ts";
