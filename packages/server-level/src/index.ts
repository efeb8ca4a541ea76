export { levelStorage } from "./level-storage.ts";
export type { LevelStorageOptions } from "./level-storage-options.ts";
