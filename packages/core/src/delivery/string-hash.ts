/** Another one in every process, so that nobody can know which strings collide. */
const seed = Math.trunc(Math.random() * 2 ** 32);

/** FNV-1a of the UTF-16 units of a string, mixed; never 0. */
export function hashOf(text: string): number {
  let hash = seed;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  const mixed = hash ^ (hash >>> 15);
  return mixed === 0 ? 1 : mixed;
}
