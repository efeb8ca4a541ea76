import { runNodeJs } from "@bufbuild/protoplugin";
import { codecPlugin } from "./codec-plugin.ts";

runNodeJs(codecPlugin);
