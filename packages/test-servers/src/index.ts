export { type Certificate, type Certificates, createCertificates } from "./create-certificates.ts";
export type { RunningServer } from "./running-server.ts";
export type { ServerName } from "./server-name.ts";
export type { ServerTls } from "./server-tls.ts";
export { ServerUnavailableError } from "./server-unavailable-error.ts";
export { skipWithout } from "./skip-without.ts";
export { type ConsulOptions, startConsul } from "./start-consul.ts";
export { type EtcdOptions, startEtcd } from "./start-etcd.ts";
