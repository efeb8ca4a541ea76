import type { Summary } from "./summary.ts";

/** One thing that was measured of one subject. */
export interface Result extends Summary {
  /** What was measured, such as `stream.throughput`. */
  readonly measure: string;
  /** Of whom: a peer such as `grpc-js`, or a case such as `10 streams`. */
  readonly subject: string;
  readonly unit: string;
}

/** What one turn of a subject gives: a number for each measure. */
export type Readings = Readonly<Record<string, number>>;
