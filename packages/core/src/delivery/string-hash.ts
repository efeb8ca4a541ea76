/** Another one in every process, so that nobody can know which strings collide. */
const seed = Math.trunc(Math.random() * 2 ** 32);

/** Multiplies and turns, two UTF-16 units of the string at a time; never 0. */
export function hashOf(text: string): number {
  const evenLength = text.length & ~1;
  let hash = seed ^ text.length;
  for (let index = 0; index < evenLength; index += 2) {
    const product = Math.imul(hash ^ text.charCodeAt(index) ^ (text.charCodeAt(index + 1) << 16), 0x9e3779b1);
    hash = (product << 13) | (product >>> 19);
  }
  if (evenLength < text.length) hash = Math.imul(hash ^ text.charCodeAt(evenLength), 0x9e3779b1);
  const mixed = hash ^ (hash >>> 15);
  return mixed === 0 ? 1 : mixed;
}
