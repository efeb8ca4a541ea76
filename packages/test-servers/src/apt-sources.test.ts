import assert from "node:assert/strict";
import { test } from "node:test";
import { sourcesOfRelease } from "./apt-sources.ts";

test("in stanzas the suites are those of the other release, and nothing else changes", () => {
  const text = `# bookworm is what this machine runs
Types: deb
URIs: http://debian.example/bookworm/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/bookworm.gpg

Types: deb
Enabled: no
URIs: http://debian.example/security
suites:
# a comment on bookworm
 bookworm-security
 bookworm/updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 bookworm
`;
  const expected = text
    .replace("Suites: bookworm bookworm-updates", "Suites: bullseye bullseye-updates")
    .replace(" bookworm-security\n bookworm/updates", " bullseye-security\n bullseye/updates");
  assert.equal(sourcesOfRelease(text, "sources", "bullseye"), expected);
});

test("in lines the suites are those of the other release; comments and what has no suite are left out", () => {
  const text = `# deb http://debian.example/debian bookworm main
deb http://debian.example/bookworm bookworm main contrib
deb [arch=amd64 signed-by=/keys/bookworm.gpg] http://debian.example/security bookworm-security main # bookworm
deb-src http://debian.example/debian bookworm main
deb http://flat.example/packages ./
`;
  assert.equal(
    sourcesOfRelease(text, "list", "bullseye"),
    `deb http://debian.example/bookworm bullseye main contrib
deb [arch=amd64 signed-by=/keys/bookworm.gpg] http://debian.example/security bullseye-security main # bookworm
`,
  );
});
