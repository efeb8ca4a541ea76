import { type Command, InvalidArgumentError, type Option } from "commander";

/**
 * Adds an option that takes its value from a variable of this environment when it is not on the command line; a variable that is set
 * to nothing is not set. Commander's own way would read that of the process.
 */
export function addOptionWithVariable(
  program: Command,
  option: Option,
  variable: string,
  env: Readonly<Record<string, string | undefined>>,
): void {
  option.description += ` (env: ${variable})`;
  program.addOption(option).hook("preAction", () => {
    const name = option.attributeName();
    const text = env[variable];
    if (text === undefined || text === "" || program.getOptionValueSource(name) === "cli") return;
    try {
      program.setOptionValueWithSource(name, option.parseArg?.(text, undefined) ?? text, "env");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const what = `option '${option.flags}' value '${text}' from env '${variable}' is invalid.`;
      program.error(`error: ${what} ${error.message}`);
    }
  });
}
