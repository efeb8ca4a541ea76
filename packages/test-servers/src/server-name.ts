/** A server that can be started; also the name of its program. */
export type ServerName = "consul" | "etcd" | "nats-server";
