export { LevelStore } from "./level-store.ts";
export type { LevelStoreOptions } from "./level-store-options.ts";
