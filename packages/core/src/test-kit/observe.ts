import diagnosticsChannel from "node:diagnostics_channel";
import type { TestContext } from "node:test";
import type { ImDiagnostics } from "../diagnostics/im-diagnostics.ts";

/** All that one user's clients publish on some channels, in order. */
export function observe<Name extends keyof ImDiagnostics>(t: TestContext, userId: string, ...names: Name[]) {
  const seen: { name: Name; payload: ImDiagnostics[Name]; hadOutcome: boolean }[] = [];
  for (const name of names) {
    const onMessage = (message: unknown) => {
      const payload = message as ImDiagnostics[Name];
      if (payload.client.userId !== userId) return;
      seen.push({ name, payload, hadOutcome: "receipt" in payload || "error" in payload });
    };
    diagnosticsChannel.subscribe(name, onMessage);
    t.after(() => diagnosticsChannel.unsubscribe(name, onMessage));
  }
  return seen;
}
