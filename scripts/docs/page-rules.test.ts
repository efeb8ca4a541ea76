import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readWorkspaces } from "../workspaces.ts";
import { anchorsOf, pageFaults } from "./page-rules.ts";
import { readPages } from "./pages.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const repository = { root, workspaces: readWorkspaces(root) };

for (const page of readPages(root)) {
  test(`the links, commands and data of ${page.path} are right`, () => {
    assert.deepEqual(pageFaults(page, repository), []);
  });
}

const wrong: readonly [text: string, fault: string][] = [
  ["See [there](there.md).", "docs/page.md:1: there.md leads nowhere"],
  ["\nSee [delivery](delivery.md#no-heading).", "docs/page.md:2: delivery.md#no-heading: there is no such heading"],
  ["See [above](#above).", "docs/page.md:1: #above leads nowhere"],
  ["```sh\nnpm test\nnpm run -s fly\n```", "docs/page.md:3: there is no script fly"],
  ["```sh\nnpm install -D @im-sdk/cor # it\n```", "docs/page.md:2: there is no package @im-sdk/cor"],
  ["```sh\nnpm install @im-sdk/test-servers\n```", "docs/page.md:2: there is no package @im-sdk/test-servers"],
  ["```sh\nnpx im-servant --port 1\n```", "docs/page.md:2: there is no command im-servant"],
  ["```sh\nnpx --package @im-sdk/serve im-server\n```", "docs/page.md:2: there is no package @im-sdk/serve"],
  ["```sh\nnode examples/no.ts\n```", "docs/page.md:2: there is no file examples/no.ts"],
  ["<!-- doc: file README.md -->\n```ts\nnot there\n```", "docs/page.md:3: is not what README.md says"],
];

for (const [text, fault] of wrong) {
  test(`a fault is found, by page and line: ${fault}`, () => {
    assert.deepEqual(pageFaults({ path: "docs/page.md", text }, repository), [fault]);
  });
}

test("data that cannot be parsed is found", () => {
  for (const language of ["json", "yaml"]) {
    const [fault] = pageFaults({ path: "docs/page.md", text: `\`\`\`${language}\n{ "a": [ }\n\`\`\`` }, repository);
    assert.match(fault ?? "", new RegExp(`^docs/page.md:2: is no ${language}: `));
  }
});

test("links and headings in code are none", () => {
  const text = "`[a](b)`\n```md\n[a](b)\n# c\n```\n<!-- [a](b) -->";
  assert.deepEqual(pageFaults({ path: "docs/page.md", text }, repository), []);
  assert.deepEqual(anchorsOf(text), []);
});

test("anchors are those of GitHub", () => {
  const text = "# `npm run x`, and why?\n## Same\n## Same\n### 安装 [here](x.md)";
  assert.deepEqual(anchorsOf(text), ["npm-run-x-and-why", "same", "same-1", "安装-here"]);
});
