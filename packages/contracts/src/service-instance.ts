/** One running copy of a service, as a discovery backend describes it. */
export interface ServiceInstance {
  /** Unique within the service. */
  readonly id: string;
  /** Name of the service, such as `im-service`. */
  readonly name: string;
  /** Host name, IPv4 or IPv6 address; IPv6 without brackets. */
  readonly address: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
  readonly tags: readonly string[];
  /** Free facts; `weight` is the share of traffic as a decimal integer, 1 when absent. */
  readonly metadata: Readonly<Record<string, string>>;
  /** `unknown` counts as usable; `unhealthy` is used only when nothing else is left. */
  readonly health: "healthy" | "unhealthy" | "unknown";
}
