import type { StepResult } from "../run-command.ts";
import { findStale, makeApiReports } from "./api-reports.ts";

/** Whether the checked-in reports say what the packages let others use now. */
export async function checkApiReports(root: string): Promise<StepResult> {
  const reports = await makeApiReports(root, { write: false });
  const changed = reports.filter((report) => report.changed).map(({ path }) => path);
  const wrong = [...changed, ...findStale(root, reports)];
  return {
    ok: wrong.length === 0,
    output: [...wrong.map((path) => `${path} is out of date`), "npm run api makes it anew; review what changed"].join(
      "\n",
    ),
  };
}
