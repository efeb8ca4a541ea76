/** What etcd counts itself: the first metric whose name and labels begin so. */
export async function metricOf(address: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(name));
  if (line === undefined) throw new Error(`etcd has no metric ${name}`);
  return Number(line.slice(line.lastIndexOf(" ")));
}
