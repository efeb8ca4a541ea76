import type { SendReceipt } from "@im-sdk/core";
import { printable } from "./printable.ts";

/** A receipt on one line. */
export function receiptText(receipt: SendReceipt): string {
  const { delivery, messageId } = receipt;
  const position = receipt.delivery === "acknowledged" ? `  sequence ${receipt.sequence}` : "";
  return `${delivery}  ${printable(messageId)}${position}`;
}
