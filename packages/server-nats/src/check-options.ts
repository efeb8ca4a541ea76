/** Throws a TypeError that names an option that there is not. */
export function knownOptions(where: string, options: object, names: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name)) continue;
    const wanted = `want one of ${names.join(", ")}`;
    throw new TypeError(`${where}: ${name} is ${shown(value)}, but there is no such option: ${wanted}`);
  }
}

/** Throws a RangeError that names the option, its value and what is allowed. */
export function wholeNumber(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${name} is ${shown(value)}: want a whole number from ${min} to ${max}`);
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
