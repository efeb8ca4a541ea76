import type { ImClient, SendReceipt } from "@im-sdk/core";

/**
 * Sends texts over several clients, each with at most `perClient` on the way. Resolves to the receipts in the order of the
 * texts; rejects as soon as one send fails. The texts reach the room in no certain order.
 */
export async function sendAll(
  clients: readonly ImClient[],
  roomId: string,
  texts: readonly string[],
  { perClient }: { perClient: number },
): Promise<SendReceipt[]> {
  const receipts: SendReceipt[] = [];
  // One iterator for all workers: each takes the next text when it has the receipt of its last.
  const rest = texts.entries();
  const work = async (client: ImClient) => {
    for (const [index, text] of rest) receipts[index] = await client.sendTextMessage(roomId, text);
  };
  await Promise.all(clients.flatMap((client) => Array.from({ length: perClient }, () => work(client))));
  return receipts;
}
