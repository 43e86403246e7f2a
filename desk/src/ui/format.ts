/** Numbers, parts and times for people, in the language chosen. */

import { DAY, decimal } from "../core/units.ts";
import type { Currency } from "../core/types.ts";
import { formatter, say } from "../i18n/words.ts";

/** `Intl` takes decimal text and rounds nothing of it; its types know numbers only. */
function exactly(text: string, options: Intl.NumberFormatOptions): string {
  return formatter(Intl.NumberFormat, options).format(text as unknown as number);
}

/** An amount to its last decimal, without spare zeros behind the second. */
export function amount(units: bigint, currency: Currency): string {
  const text = decimal(units, currency.decimals);
  const spare = /\.(\d\d)(\d*?)0*$/.exec(text);
  const digits = spare ? 2 + spare[2]!.length : currency.decimals;
  return exactly(text, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function money(units: bigint, currency: Currency): string {
  return `${amount(units, currency)} ${currency.symbol}`;
}

/** A difference, with its sign. */
export function change(units: bigint, currency: Currency): string {
  return units > 0n ? `+${amount(units, currency)}` : amount(units, currency);
}

export function whole(number: bigint | number): string {
  return exactly(number.toString(), { maximumFractionDigits: 0 });
}

/** Ppm as a percentage, to its last decimal. */
export function part(ppm: bigint): string {
  return exactly(decimal(ppm, 6), { style: "percent", maximumFractionDigits: 4 });
}

export function partChange(ppm: bigint): string {
  return ppm > 0n ? `+${part(ppm)}` : part(ppm);
}

/** Hundredths of stars. */
export function stars(hundredths: bigint): string {
  return exactly(decimal(hundredths, 2), { minimumFractionDigits: 2 });
}

const MOMENT: Intl.DateTimeFormatOptions = {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
};

/** A time, with its zone. */
export function moment(seconds: bigint): string {
  if (seconds > 8_640_000_000_000n) return say("time.far", { n: seconds.toString() });
  const time = new Date(Number(seconds) * 1000);
  return formatter(Intl.DateTimeFormat, MOMENT).format(time);
}

const UNITS = [
  ["day", DAY],
  ["hour", 3_600n],
  ["minute", 60n],
  ["second", 1n],
] as const;

/** A span of time, to the second. */
export function span(seconds: bigint): string {
  let rest = seconds;
  const parts = UNITS.flatMap(([unit, size]) => {
    const of = rest / size;
    rest %= size;
    if (!of) return [];
    return [exactly(of.toString(), { style: "unit", unit, unitDisplay: "long" })];
  });
  return parts.length ? parts.join(" ") : say("time.none");
}

/** How long it is until then, as coarse as a person would say it. */
export function left(until: bigint, now: bigint): string {
  const rest = until - now;
  if (rest <= 0n) return say("time.over");
  const [unit, size] = UNITS.find(([, each]) => rest >= 2n * each) ?? UNITS[3];
  return formatter(Intl.RelativeTimeFormat).format(Number(rest / size), unit);
}

/** An address in groups of four digits. */
export function groups(hex: string): string[] {
  return [hex.slice(0, 6), ...(hex.slice(6).match(/.{1,4}/g) ?? [])];
}
