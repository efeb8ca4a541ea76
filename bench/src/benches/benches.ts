import { balancers } from "./balancers.ts";
import type { Bench } from "./bench.ts";
import { discovery } from "./discovery.ts";
import { fanout } from "./fanout.ts";
import { latency } from "./latency.ts";
import { receive } from "./receive.ts";
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
  balancers,
  discovery,
};
