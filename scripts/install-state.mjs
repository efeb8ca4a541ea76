// @ts-check
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the hash of the lockfile that was installed is kept: inside node_modules, so that it goes when that goes. */
const stampPath = join("node_modules", ".package-lock.sha256");

/**
 * Whether node_modules holds what package-lock.json asks for. Contents are compared, never times: those of a fresh clone say
 * nothing. When somebody installed by hand, npm's own record of what it installed decides.
 *
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root) {
  const hash = lockfileHash(root);
  if (read(join(root, stampPath)) === hash) return true;
  if (!recordAgrees(root)) return false;
  writeFileSync(join(root, stampPath), hash);
  return true;
}

/**
 * Notes that the lockfile as it is now has been installed.
 *
 * @param {string} root
 */
export function markInstalled(root) {
  writeFileSync(join(root, stampPath), lockfileHash(root));
}

/** @param {string} root */
function lockfileHash(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

/**
 * Every package of the lockfile is in npm's record, in the same version; one for another platform may be missing.
 *
 * @param {string} root
 */
function recordAgrees(root) {
  const record = read(join(root, "node_modules", ".package-lock.json"));
  if (record === undefined) return false;
  /** @type {Record<string, { version?: string, resolved?: string, integrity?: string, link?: boolean, optional?: boolean }>} */
  const installed = JSON.parse(record).packages;
  /** @type {typeof installed} */
  const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true;
    const found = installed[path];
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
  });
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
