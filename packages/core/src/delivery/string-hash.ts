/**
 * Two in every process, so that nobody can know which strings collide. One multiplier would not do: it passes the highest bit on
 * as it is, and what a string changes there, its next units could take back whatever the multiplier.
 */
const evenFactor = randomOdd();
const oddFactor = randomOdd();

/** Multiplies two UTF-16 units of the string at a time; never 0. */
export function hashOf(text: string): number {
  const evenLength = text.length & ~1;
  let hash = text.length;
  for (let index = 0; index < evenLength; index += 2) {
    const turned = (hash << 16) | (hash >>> 16);
    const even = Math.imul(hash ^ text.charCodeAt(index), evenFactor);
    hash = (even + Math.imul(turned ^ text.charCodeAt(index + 1), oddFactor)) | 0;
  }
  if (evenLength < text.length) hash = Math.imul(hash ^ text.charCodeAt(evenLength), evenFactor);
  const mixed = hash ^ (hash >>> 15);
  return mixed === 0 ? 1 : mixed;
}

function randomOdd(): number {
  return Math.trunc(Math.random() * 2 ** 32) | 1;
}
