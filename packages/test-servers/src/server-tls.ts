/** Files with which a server speaks TLS, all PEM. The certificate must be good for 127.0.0.1. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  /**
   * When given, a client must show a certificate that this authority signed. `certFile` must be one of those, since
   * readiness is asked for with it.
   */
  readonly clientCaFile?: string;
}
