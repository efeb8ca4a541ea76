export { type FleetOptions, playFleet } from "./play-fleet.ts";
