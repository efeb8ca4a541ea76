import {
  type RegistrationOptions,
  type ResolvedRegistration,
  registrationOptionNames,
  resolveRegistration,
} from "../registration/registration-options.ts";
import { describe, knownKeys, numberOption } from "./check-option.ts";
import {
  type ImServiceOptions,
  type ResolvedServiceOptions,
  resolveServiceOptions,
  serviceOptionNames,
} from "./im-service-options.ts";

/** Serving over TLS; each is PEM text or bytes. */
export interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** Authorities that client certificates must be signed by. Default: those of Node. */
  readonly ca?: string | Buffer;
  /** A client without a valid certificate is turned away. Default: true when there is a `ca`. */
  readonly requestClientCertificate?: boolean;
}

/** Where the server listens, and how the service on it behaves. */
export interface ImServerOptions extends ImServiceOptions, RegistrationOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** TCP port; 0 lets the system choose. Default 0. */
  readonly port?: number;
  /** Default: plaintext HTTP/2 (h2c). */
  readonly tls?: TlsOptions;
}

/** {@link ImServerOptions}, checked and with the defaults filled in. */
export interface ResolvedServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  readonly registration: ResolvedRegistration | undefined;
  readonly service: ResolvedServiceOptions;
}

/** Fills in the defaults; throws a RangeError or TypeError that names option, value and what is allowed. */
export function resolveServerOptions(options: ImServerOptions = {}): ResolvedServerOptions {
  knownKeys("", options, ["host", "port", "tls", ...registrationOptionNames, ...serviceOptionNames]);
  const { host = "127.0.0.1", port, tls } = options;
  if (typeof host !== "string" || host === "") {
    throw new TypeError(`host is ${describe(host)}: want an address to listen on, such as "127.0.0.1"`);
  }
  if (tls !== undefined) checkTls(tls);
  return {
    host,
    port: numberOption("port", port, 0, { min: 0, max: 65_535 }),
    tls,
    registration: resolveRegistration(options, host),
    service: resolveServiceOptions(options),
  };
}

function checkTls(tls: TlsOptions): void {
  knownKeys("tls", tls, ["key", "cert", "ca", "requestClientCertificate"]);
  for (const name of ["key", "cert"] as const) {
    const value = tls[name];
    if (typeof value !== "string" && !Buffer.isBuffer(value)) {
      throw new TypeError(`tls.${name} is ${describe(value)}: want PEM text or a Buffer of it`);
    }
  }
}
