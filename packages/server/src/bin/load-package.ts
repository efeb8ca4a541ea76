/**
 * Loads a package that only a flag of the command needs: it is not among this one's dependencies, so that who embeds the server
 * need not install it. Throws an error that says what to install when it is not there.
 */
export async function loadPackage<T>(flag: string, name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Error(`${flag} needs a package that is not here: npm install @im-sdk/${name}`, { cause });
  }
}
