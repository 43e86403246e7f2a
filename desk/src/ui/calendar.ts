/** Reminders as a calendar file: no server, the calendar of the person keeps them. */

export interface Reminder {
  /** The same reminder again takes the place of the first. */
  id: string;
  at: bigint;
  title: string;
  text: string;
}

// the last second that calendars know, in the year 9999
const LAST = 253_402_300_799n;

/** RFC 5545, each with an alarm a day and an hour before; a date that no calendar knows is not in it. */
export function calendar(reminders: readonly Reminder[], now: bigint): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//EMC agreements//desk//EN",
    ...reminders.filter(({ at }) => at <= LAST).flatMap(({ id, at, title, text }) => [
      "BEGIN:VEVENT",
      `UID:${escaped(id)}@emc-desk`,
      `DTSTAMP:${stamp(now)}`,
      `DTSTART:${stamp(at)}`,
      `SUMMARY:${escaped(title)}`,
      `DESCRIPTION:${escaped(text)}`,
      ...["-P1D", "-PT1H"].flatMap((before) => [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        `DESCRIPTION:${escaped(title)}`,
        `TRIGGER:${before}`,
        "END:VALARM",
      ]),
      "END:VEVENT",
    ]),
    "END:VCALENDAR",
  ];
  return lines.flatMap(folded).join("\r\n") + "\r\n";
}

function stamp(seconds: bigint): string {
  const iso = new Date(Number(seconds) * 1000).toISOString();
  return iso.replace(/[-:]/g, "").replace(/\.\d+/, "");
}

function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, (each) => `\\${each}`)
    .replace(/\r?\n/g, "\\n")
    .replace(/[\u0000-\u001f]/g, " ");
}

/** Lines have at most 75 bytes; the rest goes on after a space. */
function folded(line: string): string[] {
  const found: string[] = [];
  let rest = "";
  let size = 0;
  for (const each of line) {
    const bytes = new TextEncoder().encode(each).length;
    if (size + bytes > 73) {
      found.push(rest);
      rest = " ";
      size = 1;
    }
    rest += each;
    size += bytes;
  }
  return [...found, rest];
}
