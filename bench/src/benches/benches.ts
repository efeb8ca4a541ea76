import { balancers } from "./balancers.ts";
import type { Bench } from "./bench.ts";
import { cluster } from "./cluster.ts";
import { coldImport } from "./cold-import.ts";
import { discovery } from "./discovery.ts";
import { failover } from "./failover.ts";
import { fanout } from "./fanout.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { receive } from "./receive.ts";
import { scaling } from "./scaling.ts";
import { stream } from "./stream.ts";
import { unary } from "./unary.ts";
import { upload } from "./upload.ts";

/** All benchmarks by name, in the order in which they run. */
export const benches: Readonly<Record<string, Bench>> = {
  stream,
  latency,
  receive,
  upload,
  unary,
  fanout,
  scaling,
  idle,
  failover,
  import: coldImport,
  balancers,
  discovery,
  cluster,
};
