/** The rooms of a server's clients, all of which are in all of them. Their names differ between servers, as the ledger needs. */
export function roomsOf(server: number): string[] {
  return [`main-${server}`, `side-${server}`];
}
