/** The value when it is a number within the bounds, both included; throws a RangeError that names the option otherwise. */
export function numberOption(name: string, value: number, { min, max }: { min: number; max: number }): number {
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw new RangeError(`${name} is ${String(value)}: want a number from ${min} to ${max}`);
}

/** As {@link numberOption}, for whole numbers. */
export function integerOption(name: string, value: number, { min, max }: { min: number; max: number }): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`${name} is ${String(value)}: want a whole number from ${min} to ${max}`);
}
