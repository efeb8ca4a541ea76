import { testClientStore } from "@im-sdk/testing";
import { LevelStore } from "./level-store.ts";
import { makeFolder } from "./test-kit/make-folder.ts";

for (const fsync of [false, true]) {
  const folder = makeFolder();
  testClientStore({
    name: `LevelStore, fsync ${fsync}`,
    open: (place) => new LevelStore({ path: folder.path(place, "state"), fsync }),
  });
}
