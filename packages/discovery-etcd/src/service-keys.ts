/**
 * Where instances are in etcd: `<prefix>/<service name>/<instance id>`. A name may have slashes, an id has none, so that a
 * key below the key of an instance, or of a longer service name, is never taken for one.
 */
export class ServiceKeys {
  readonly #root: string;

  constructor(prefix: string) {
    this.#root = `${prefix}/`;
  }

  /** All services. */
  get all(): KeyRange {
    return rangeOf(this.#root);
  }

  /** All keys of one service, and those below deeper paths. Throws a RangeError when this can be no service name. */
  service(serviceName: string): KeyRange {
    return rangeOf(this.#folder(serviceName));
  }

  /** The key of one instance. Throws a RangeError when name or id cannot be part of a key. */
  instance(serviceName: string, id: string): Buffer {
    if (id.includes("/")) throw new RangeError(`id of an instance must have no slash to be kept in etcd, got "${id}"`);
    return Buffer.from(this.#folder(serviceName) + id);
  }

  /** The id of the instance that a key of this service stands for; `undefined` when it stands for none. */
  idOf(serviceName: string, key: Buffer): string | undefined {
    const id = key.toString().slice(this.#folder(serviceName).length);
    return id === "" || id.includes("/") ? undefined : id;
  }

  /** Whether a key is that of an instance with this id, of whatever service. */
  isOfInstance(key: Buffer, id: string): boolean {
    const path = key.toString().slice(this.#root.length);
    return path.lastIndexOf("/") > 0 && path.slice(path.lastIndexOf("/") + 1) === id;
  }

  #folder(serviceName: string): string {
    if (typeof serviceName !== "string" || serviceName.split("/").includes("")) {
      throw new RangeError(`name of a service must be a text without empty parts, got "${serviceName}"`);
    }
    return `${this.#root}${serviceName}/`;
  }
}

/** A range of keys as etcd takes it: from `key`, inclusive, to `range_end`, exclusive. */
export interface KeyRange {
  readonly key: Buffer;
  readonly range_end: Buffer;
}

/** See https://etcd.io/docs/v3.4/learning/api/#key-ranges: a prefix ends where its last byte is one more. */
function rangeOf(folder: string): KeyRange {
  return { key: Buffer.from(folder), range_end: Buffer.from(`${folder.slice(0, -1)}0`) };
}
