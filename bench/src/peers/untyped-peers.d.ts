// The parts that are measured of two packages that bring no types.
declare module "hashring" {
  export default class HashRing {
    constructor(servers: readonly string[]);
    get(key: string): string | undefined;
  }
}

declare module "weighted-round-robin" {
  export default class Peers {
    add(peer: { id: string; weight: number }): string;
    get(): { id: string };
  }
}
