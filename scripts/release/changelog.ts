/** The text of a changeset, without the head that names packages. */
export function summaryOf(changeset: string): string {
  return changeset.replace(/^---\n.*?^---\n/ms, "").trim();
}

/** The change log with a version above all others, one point for each summary; as it was when there is none. */
export function addVersion(changelog: string, version: string, summaries: readonly string[]): string {
  if (summaries.length === 0) return changelog;
  const points = summaries.map((summary) => `- ${summary.replaceAll("\n", "\n  ")}\n`).join("");
  const first = changelog.search(/^## /m);
  const end = first === -1 ? changelog.length : first;
  return `${changelog.slice(0, end)}## ${version}\n\n${points}\n${changelog.slice(end)}`;
}
