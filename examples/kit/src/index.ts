export { type FleetOptions, playFleet } from "./play-fleet.ts";
export { ServerProcess } from "./server-process.ts";
