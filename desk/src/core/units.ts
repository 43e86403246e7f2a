/** Amounts and parts at the border: exact integers inside, decimal text outside. */

import generated from "./generated.json";
import { DeskError } from "./types.ts";

export const PPM = BigInt(generated.limits.ppm);
/** Seconds. */
export const DAY = 86_400n;
/** A percentage has four decimals: ppm. */
export const PERCENT_DECIMALS = 4;

/** An amount as exact decimal text, for `Intl.NumberFormat` and files: `-12.050000`. */
export function decimal(units: bigint, decimals: number): string {
  const size = units < 0n ? -units : units;
  const scale = 10n ** BigInt(decimals);
  const part = decimals ? "." + (size % scale).toString().padStart(decimals, "0") : "";
  return `${units < 0n ? "-" : ""}${size / scale}${part}`;
}

/**
 * Base units of decimal text such as `1250.50`.
 *
 * @throws DeskError file-field: not a number, or finer than one base unit.
 */
export function parseAmount(text: string, decimals: number): bigint {
  const found = /^([0-9]{1,40})(?:\.([0-9]{1,36}))?$/.exec(text.trim());
  const part = found?.[2] ?? "";
  if (!found || part.length > decimals) {
    throw new DeskError("file-field", { field: "amount", value: text });
  }
  return BigInt(found[1] + part.padEnd(decimals, "0"));
}

/** What somebody typed, a comma for a point; null: it is no number, or finer than one base unit. */
export function typedNumber(text: string, decimals: number): bigint | null {
  try {
    return parseAmount(text.replace(",", "."), decimals);
  } catch {
    return null;
  }
}

/** Ppm of a percentage that somebody typed; null: it is not a percentage. */
export const typedPercent = (text: string): bigint | null => typedNumber(text, PERCENT_DECIMALS);

/** A percentage as decimal text without spare zeros: `12.5`. */
export function percent(ppm: bigint): string {
  return decimal(ppm, PERCENT_DECIMALS).replace(/\.?0+$/, "");
}
