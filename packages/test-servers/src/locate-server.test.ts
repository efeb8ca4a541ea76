import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./fixtures/temporary-folder.ts";
import { locateServer } from "./locate-server.ts";
import { ServerUnavailableError } from "./server-unavailable-error.ts";

const onLinux = { skip: process.platform !== "linux" && "only Linux has apt" };

test("a program on PATH is taken, the first that can be run", async () => {
  await using folder = await temporaryFolder();
  const [first, second, third] = ["1", "2", "3"].map((name) => join(folder.path, name)) as [string, string, string];
  for (const each of [first, second, third]) await mkdir(each);
  await writeFile(join(first, "etcd"), "no program");
  await mkdir(join(second, "etcd"));
  await writeProgram(third, "etcd", "");
  const path = ["", first, second, third].join(delimiter);
  assert.equal(await locateServer("etcd", { path, cache: folder.path }), join(third, "etcd"));
});

test("without a program or apt the error says what to install", onLinux, async () => {
  await using folder = await temporaryFolder();
  await withPath(folder.path, () =>
    assert.rejects(locateServer("consul", { path: "", cache: join(folder.path, "cache") }), (error) => {
      assert.ok(error instanceof ServerUnavailableError);
      assert.equal(error.server, "consul");
      assert.match(error.message, /no consul here.*Install consul so that it is on PATH.*compose\.yaml.*ENOENT/s);
      return true;
    }),
  );
  assert.deepEqual(await readdir(join(folder.path, "cache")), []);
});

test("of many who ask at once one fetches, and all get the program", onLinux, async () => {
  await using folder = await temporaryFolder();
  const { programs, cache, log } = await fakeApt(folder.path);
  await mkdir(join(cache, "fetching-before"), { recursive: true });
  const found = await withPath([programs, process.env.PATH].join(delimiter), () =>
    Promise.all([1, 2, 3].map(() => locateServer("etcd", { path: "", cache }))),
  );
  assert.deepEqual(new Set(found), new Set([join(cache, "etcd-server/usr/bin/etcd")]));
  assert.deepEqual(await readdir(cache), ["etcd-server"]);
  assert.deepEqual((await readFile(log, "utf8")).match(/update|download \S+/g), ["update", "download etcd-server"]);
});

test("a package that apt does not find leaves nothing, and the error has what apt said", onLinux, async () => {
  await using folder = await temporaryFolder();
  const { programs, cache } = await fakeApt(folder.path);
  await withPath([programs, process.env.PATH].join(delimiter), () =>
    assert.rejects(locateServer("consul", { path: "", cache }), {
      name: "ServerUnavailableError",
      message: /Unable to locate package consul/,
    }),
  );
  assert.deepEqual(await readdir(cache), []);
});

/** An apt that knows the package `etcd-server` only, and writes down what it is asked. */
async function fakeApt(folder: string) {
  const [programs, cache, log] = [join(folder, "bin"), join(folder, "cache"), join(folder, "log")] as const;
  for (const each of [programs, cache, join(folder, "parts")]) await mkdir(each);
  const settings = `LIST='${folder}/none'\nPARTS='${folder}/parts/'`;
  await writeProgram(programs, "apt-config", `echo "${settings}"`);
  await writeProgram(
    programs,
    "apt-get",
    `echo "$@" >> '${log}'
case "$*" in
  *"download etcd-server") touch etcd-server.deb ;;
  *download*) echo "E: Unable to locate package consul" >&2; exit 100 ;;
esac`,
  );
  await writeProgram(
    programs,
    "dpkg",
    'mkdir -p "$3/usr/bin" && touch "$3/usr/bin/etcd" && chmod +x "$3/usr/bin/etcd"',
  );
  return { programs, cache, log };
}

async function writeProgram(folder: string, name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}

/** Programs are run by the PATH of the process. */
async function withPath<T>(path: string, action: () => Promise<T>): Promise<T> {
  const before = process.env.PATH;
  process.env.PATH = path;
  try {
    return await action();
  } finally {
    process.env.PATH = before;
  }
}
