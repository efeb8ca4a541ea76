import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { promisify } from "node:util";
import { type SourcesFormat, sourcesOfRelease } from "./apt-sources.ts";
import { withLock } from "./with-lock.ts";

/** A package of Debian and its like. */
export interface DebianPackage {
  readonly name: string;
  /** An older release that has it, asked besides that of the machine, whose own may not have it any more. */
  readonly olderRelease?: string;
}

const run = promisify(execFile);

/**
 * Unpacks a Debian package into `<cache>/<name>`, without root and without installing it, and answers that folder. It comes
 * from the sources of the machine and is verified with its keys; apt's own state is not touched. Of several processes one
 * fetches and the others wait; the folder appears when it is complete.
 *
 * @throws Error when there is no apt, or when it cannot get the package; the message has what apt said.
 */
export async function fetchPackage({ name, olderRelease }: DebianPackage, cache: string): Promise<string> {
  if (process.platform !== "linux") throw new Error("apt is for Linux");
  const target = join(cache, name);
  await mkdir(cache, { recursive: true });
  await withLock(cache, async () => {
    const present = await readdir(cache);
    if (present.includes(name)) return;
    // What fetches that were killed have left.
    const leftOver = present.filter((each) => each.startsWith("fetching-"));
    for (const each of leftOver) await rm(join(cache, each), { recursive: true, force: true });
    const work = await mkdtemp(join(cache, "fetching-"));
    try {
      await download(work, name, olderRelease);
      await rename(join(work, "tree"), target);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return target;
}

async function download(work: string, name: string, olderRelease: string | undefined): Promise<void> {
  for (const folder of ["sources", "state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(work, folder), { recursive: true });
  }
  await copySources(join(work, "sources"), olderRelease);
  const config = join(work, "apt.conf");
  await writeFile(config, configuration(work));
  // A source that is out of reach does not matter as long as the package is found.
  const complaints = await run("apt-get", ["-c", config, "-q", "update"]).then(
    ({ stderr }) => stderr,
    (error: Error) => error.message,
  );
  await run("apt-get", ["-c", config, "-q", "download", name], { cwd: work }).catch((error: Error) => {
    throw new Error(`${complaints}${error.message}`, { cause: error });
  });
  for (const file of globSync("*.deb", { cwd: work })) await run("dpkg", ["-x", file, "tree"], { cwd: work });
}

/** The machine's lists of sources, and the same for an older release beside them. */
async function copySources(folder: string, olderRelease: string | undefined): Promise<void> {
  const { stdout } = await run("apt-config", [
    "shell",
    "LIST",
    "Dir::Etc::sourcelist/f",
    "PARTS",
    "Dir::Etc::sourceparts/d",
  ]);
  const [list = "", parts = ""] = ["LIST", "PARTS"].map((key) => new RegExp(`^${key}='(.*)'$`, "m").exec(stdout)?.[1]);
  for (const file of [...globSync(list), ...globSync(join(parts, "*.{list,sources}"))]) {
    await copyFile(file, join(folder, basename(file)));
    if (olderRelease === undefined) continue;
    const older = sourcesOfRelease(await readFile(file, "utf8"), extname(file).slice(1) as SourcesFormat, olderRelease);
    await writeFile(join(folder, `older-${basename(file)}`), older);
  }
}

function configuration(work: string): string {
  return [
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${work}/sources";`,
    `Dir::State "${work}/state";`,
    `Dir::Cache "${work}/cache";`,
    'Acquire::Languages "none";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "15";',
    'Acquire::https::Timeout "15";',
    // As root, apt fetches as a user of its own, who may not be able to enter this folder.
    'APT::Sandbox::User "root";',
    // What other programs of the machine want to be done after an update of its own lists.
    "#clear APT::Update;",
    "",
  ].join("\n");
}
