import type { Result } from "../measures/result.ts";
import type { Machine } from "./machine.ts";
import { isMet, type Ratio, ratiosOf } from "./ratios.ts";
import type { Want } from "./wanted-ratios.ts";

/** What a benchmark has given, for people: a table for each measure, and one of the ratios. */
export function tablesOf(name: string, about: string, results: readonly Result[]): string {
  const measures = [...new Set(results.map(({ measure }) => measure))];
  const tables = measures.map((measure) => measureTable(results.filter((result) => result.measure === measure)));
  const ratios = ratiosOf(results);
  return [`${name}: ${about}`, ...tables, ...(ratios.length === 0 ? [] : [ratioTable(ratios)])].join("\n\n");
}

/** The machine in a line. */
export function machineLine({ cpu, cores, memoryGiB, node, os }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${os}`;
}

function measureTable(results: readonly Result[]): string {
  const [first] = results;
  const rows = results.map(({ subject, median, lowest, highest }) => [
    subject,
    figure(median),
    `(${figure(lowest)} to ${figure(highest)})`,
  ]);
  const head = `${first?.measure}, ${first?.unit}: median (lowest to highest) of ${first?.rounds}`;
  return [head, ...aligned(rows)].join("\n");
}

function ratioTable(ratios: readonly Ratio[]): string {
  const rows = ratios.map((ratio) => [
    ratio.key,
    ratio.value.toFixed(2),
    ratio.want === undefined ? "" : `want ${wantText(ratio.want)}${isMet(ratio) ? "" : ", MISSED"}`,
  ]);
  return ["ours divided by theirs", ...aligned(rows)].join("\n");
}

function wantText(want: Want): string {
  return "atLeast" in want ? `≥ ${want.atLeast}` : `≤ ${want.atMost}`;
}

/** Rows of a name, a figure and a remark. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [names, figures] = [width(0), width(1)];
  return rows.map(([name = "", value = "", remark = ""]) =>
    `  ${name.padEnd(names)}   ${value.padStart(figures)}   ${remark}`.trimEnd(),
  );
}

/** At least three digits that say something. */
function figure(value: number): string {
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
