#!/usr/bin/env node
import { processIo } from "../process-io.ts";
import { runIm } from "../run-im.ts";

process.exitCode = await runIm(process.argv.slice(2), processIo());
