import type { ServerStorage } from "../storage/server-storage.ts";
import { loadPackage } from "./load-package.ts";
import { isGiven, readCertificates } from "./read-certificates.ts";

/** Where the command is told to keep rooms; one of them at the most. */
export interface StorageFlags {
  /** A folder. */
  readonly dataDir?: string;
  /** `host:port` of one or more servers of a NATS, with commas in between. */
  readonly nats?: string;
  /** Copies that a cluster of NATS keeps. */
  readonly natsReplicas?: number;
}

/** Secrets and certificates for NATS, by the names under which its own command takes them from the environment. */
export interface StorageEnvironment {
  readonly NATS_USER?: string | undefined;
  readonly NATS_PASSWORD?: string | undefined;
  /** A credentials file, instead of user and password. */
  readonly NATS_CREDS?: string | undefined;
  /** Files; any of them means TLS. */
  readonly NATS_CA?: string | undefined;
  readonly NATS_CERT?: string | undefined;
  readonly NATS_KEY?: string | undefined;
}

/** What the command needs of `@im-sdk/server-level`. */
interface LevelPackage {
  levelStorage(options: { readonly path: string }): Promise<ServerStorage>;
}

/** What the command needs of `@im-sdk/server-nats`. */
interface NatsPackage {
  natsStorage(options: {
    readonly servers: readonly string[];
    readonly replicas?: number;
    readonly user?: string;
    readonly password?: string;
    readonly credentialsFile?: string;
    readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  }): Promise<ServerStorage>;
}

/** Not literals: those packages are built on this one, so their types cannot be had when this one is built. */
const levelPackage = ["@im-sdk", "server-level"].join("/");
const natsPackage = ["@im-sdk", "server-nats"].join("/");

const installed = {
  level: (): Promise<LevelPackage> => import(levelPackage),
  nats: (): Promise<NatsPackage> => import(natsPackage),
};

/** The storage that the flags name; undefined without one. Throws when its package is missing or it cannot be opened. */
export async function openStorage(
  { dataDir, nats, natsReplicas: replicas }: StorageFlags,
  environment: StorageEnvironment,
  packages = installed,
): Promise<ServerStorage | undefined> {
  if (dataDir !== undefined) {
    const { levelStorage } = await loadPackage("--data-dir", "server-level", packages.level);
    return naming("--data-dir", () => levelStorage({ path: dataDir }));
  }
  if (nats === undefined) return undefined;
  const { NATS_USER: user, NATS_PASSWORD: password, NATS_CREDS: credentialsFile } = environment;
  const { NATS_CA, NATS_CERT, NATS_KEY } = environment;
  const tls = readCertificates({ NATS_CA, NATS_CERT, NATS_KEY });
  const { natsStorage } = await loadPackage("--nats", "server-nats", packages.nats);
  return naming("--nats", () =>
    natsStorage({
      servers: nats.split(","),
      ...(replicas !== undefined && { replicas }),
      ...(isGiven(user) && { user }),
      ...(isGiven(password) && { password }),
      ...(isGiven(credentialsFile) && { credentialsFile }),
      ...(tls && { tls }),
    }),
  );
}

/** Options that a person gave by flag or environment are wrong there. */
async function naming<T>(flag: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    throw new Error(`${flag}: ${(cause as Error).message}`, { cause });
  }
}
