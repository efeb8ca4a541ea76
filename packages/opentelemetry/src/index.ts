export { ImInstrumentation, type ImInstrumentationConfig } from "./im-instrumentation.ts";
