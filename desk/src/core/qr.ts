/** QR codes of text (ISO/IEC 18004): bytes, error correction M, any version; dark modules as rows. */

/** By version from 1: check bytes of each block, and how many blocks. */
const CHECKS = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33,
  35, 37, 38, 40, 43, 45, 47, 49,
];
/** Level M as the format information writes it. */
const LEVEL = 0;

export interface Code {
  /** Which of the eight masks was the best. */
  mask: number;
  rows: readonly (readonly boolean[])[];
}

/** @throws RangeError the text has more bytes than a code takes, 2,331 */
export function qr(text: string): Code {
  const bytes = new TextEncoder().encode(text);
  const version = BLOCKS.findIndex((_, i) => bits(i + 1, bytes.length) <= 8 * dataBytes(i + 1)) + 1;
  if (!version) throw new RangeError("too much for a code");
  const stream = interleaved(padded(bytes, version), version);
  const blank = patterns(version);
  const drawn = MASKS.map((_, mask) => filled(blank, stream, mask));
  const marks = drawn.map(penalty);
  const mask = marks.indexOf(Math.min(...marks));
  return { mask, rows: drawn[mask]! };
}

const sizeOf = (version: number): number => 17 + 4 * version;
/** Bits of the length: short in the first nine versions. */
const lengthBits = (version: number): number => (version < 10 ? 8 : 16);
const bits = (version: number, bytes: number): number => 4 + lengthBits(version) + 8 * bytes;

/** Where alignment patterns stand, in both directions. */
function alignments(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = sizeOf(version) - 7;
  // an even step, by which the first gap is the smaller one; 32 is the standard's exception
  const step = version === 32 ? 26 : 2 * Math.ceil((last - 6) / (2 * count - 2));
  return [6, ...Array.from({ length: count - 1 }, (_, i) => last - step * (count - 2 - i))];
}

/** Modules that are left for data and checks. */
function modules(version: number): number {
  const size = sizeOf(version);
  const aligned = alignments(version).length;
  const patterns = aligned ? aligned ** 2 - 3 : 0;
  // those on a timing line share five modules with it
  const onTiming = aligned ? 2 * (aligned - 2) : 0;
  const finders = 3 * 64;
  const timing = 2 * (size - 16);
  const format = 31;
  const versions = version < 7 ? 0 : 36;
  return size ** 2 - finders - timing - format - versions - 25 * patterns + 5 * onTiming;
}

const allBytes = (version: number): number => Math.floor(modules(version) / 8);
const dataBytes = (version: number): number =>
  allBytes(version) - CHECKS[version - 1]! * BLOCKS[version - 1]!;

/** Mode, length and text as bytes, filled up by the standard's two. */
function padded(bytes: Uint8Array, version: number): number[] {
  const text = [
    "0100",
    bytes.length.toString(2).padStart(lengthBits(version), "0"),
    ...Array.from(bytes, (each) => each.toString(2).padStart(8, "0")),
    "0000",
  ].join("");
  const most = dataBytes(version);
  const found = (text.slice(0, 8 * most).match(/.{1,8}/g) ?? []).map((each) => parseInt(each.padEnd(8, "0"), 2));
  for (let i = 0; found.length < most; i++) found.push(i % 2 ? 0x11 : 0xec);
  return found;
}

// ---- checks by Reed and Solomon, in the field of 256 by x^8 + x^4 + x^3 + x^2 + 1

const POWERS: number[] = [1];
while (POWERS.length < 255) {
  const next = POWERS[POWERS.length - 1]! << 1;
  POWERS.push(next < 256 ? next : next ^ 0x11d);
}
const LOGS: number[] = [];
POWERS.forEach((each, i) => (LOGS[each] = i));
const times = (a: number, b: number): number => (a && b ? POWERS[(LOGS[a]! + LOGS[b]!) % 255]! : 0);

function generator(degree: number): number[] {
  let found = [1];
  for (let i = 0; i < degree; i++) {
    const by = POWERS[i]!;
    found = [...found, 0].map((each, at) => each ^ times(found[at - 1] ?? 0, by));
  }
  return found;
}

function checksOf(block: readonly number[], divisor: readonly number[]): number[] {
  const rest = [...block, ...divisor.slice(1).map(() => 0)];
  block.forEach((_, i) => {
    const lead = rest[i]!;
    divisor.forEach((each, at) => {
      rest[i + at]! ^= times(each, lead);
    });
  });
  return rest.slice(block.length);
}

function interleaved(data: readonly number[], version: number): number[] {
  const count = BLOCKS[version - 1]!;
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const divisor = generator(CHECKS[version - 1]!);
  let at = 0;
  const blocks = Array.from({ length: count }, (_, i) => {
    const size = short + (i < count - longer ? 0 : 1);
    return data.slice(at, (at += size));
  });
  const checks = blocks.map((block) => checksOf(block, divisor));
  const woven = (of: readonly (readonly number[])[]): number[] =>
    Array.from({ length: Math.max(...of.map((each) => each.length)) }, (_, i) =>
      of.flatMap((each) => each[i] ?? []),
    ).flat();
  return [...woven(blocks), ...woven(checks)];
}

// ---- drawing

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** A number with the rest of its division by a polynomial behind it. */
function withRest(value: number, divisor: number): number {
  const size = divisor.toString(2).length - 1;
  let rest = value << size;
  for (let at = 31; at >= size; at--) if ((rest >>> at) & 1) rest ^= divisor << (at - size);
  return (value << size) | rest;
}

/** Dark, light, or undefined: not yet drawn. */
type Blank = readonly (readonly (boolean | undefined)[])[];

/** What every code of a version has, without format and data. */
function patterns(version: number): Blank {
  const size = sizeOf(version);
  const rows: (boolean | undefined)[][] = Array.from({ length: size }, () => Array(size).fill(undefined));
  const set = (x: number, y: number, dark: boolean): void => {
    if (x >= 0 && y >= 0 && x < size && y < size) rows[y]![x] = dark;
  };
  const square = (x: number, y: number, reach: number, dark: (ring: number) => boolean): void => {
    for (let dx = -reach; dx <= reach; dx++) {
      for (let dy = -reach; dy <= reach; dy++) set(x + dx, y + dy, dark(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  };
  for (let i = 0; i < size; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
  const places = alignments(version);
  const far = places[places.length - 1];
  for (const x of places) {
    for (const y of places) {
      const isFinder = (x === 6 && (y === 6 || y === far)) || (x === far && y === 6);
      if (!isFinder) square(x, y, 2, (ring) => ring !== 1);
    }
  }
  for (const [x, y] of formatPlaces(size)) set(x, y, false);
  set(8, size - 8, true);
  if (version >= 7) {
    const told = withRest(version, 0x1f25);
    for (let i = 0; i < 18; i++) {
      const dark = ((told >> i) & 1) === 1;
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      set(a, b, dark);
      set(b, a, dark);
    }
  }
  return rows;
}

/** Where the format information stands, twice, from its lowest bit. */
function formatPlaces(size: number): (readonly [number, number])[] {
  return Array.from({ length: 15 }, (_, i) => [
    [8, i < 6 ? i : i < 8 ? i + 1 : size - 15 + i] as const,
    [i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, 8] as const,
  ]).flat();
}

/** The whole code by one of the masks. */
function filled(blank: Blank, stream: readonly number[], mask: number): boolean[][] {
  const size = blank.length;
  const rows = blank.map((row) => [...row]);
  const format = withRest((LEVEL << 3) | mask, 0x537) ^ 0x5412;
  formatPlaces(size).forEach(([x, y], i) => (rows[y]![x] = ((format >> (i >> 1)) & 1) === 1));
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    // the upright timing line has no place in the pairs of columns
    if (right === 6) right = 5;
    const isUp = ((right + 1) & 2) === 0;
    for (let i = 0; i < size; i++) {
      const y = isUp ? size - 1 - i : i;
      for (const x of [right, right - 1]) {
        if (rows[y]![x] !== undefined) continue;
        const bit = ((stream[at >> 3] ?? 0) >> (7 - (at & 7))) & 1;
        rows[y]![x] = (bit === 1) !== MASKS[mask]!(x, y);
        at++;
      }
    }
  }
  return rows as boolean[][];
}

/** How hard a drawing is to read: runs, squares, what looks like a finder, and too much of a shade. */
function penalty(rows: readonly (readonly boolean[])[]): number {
  const size = rows.length;
  let sum = 0;
  let darks = 0;
  const lines = [(i: number, j: number) => rows[i]![j]!, (i: number, j: number) => rows[j]![i]!];
  for (const at of lines) {
    for (let i = 0; i < size; i++) {
      // how many of a shade there were one after the other, and the last eleven as bits
      let run = 0;
      let seen = 0;
      for (let j = 0; j < size; j++) {
        const dark = at(i, j);
        run = j > 0 && dark === at(i, j - 1) ? run + 1 : 1;
        if (run >= 5) sum += run === 5 ? 3 : 1;
        seen = ((seen << 1) & 0x7ff) | Number(dark);
        if (j >= 10 && (seen === 0b00001011101 || seen === 0b10111010000)) sum += 40;
      }
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dark = rows[y]![x]!;
      darks += Number(dark);
      const isSquare = y > 0 && x > 0 && rows[y - 1]![x] === dark && rows[y]![x - 1] === dark;
      if (isSquare && rows[y - 1]![x - 1] === dark) sum += 3;
    }
  }
  return sum + 10 * Math.floor(Math.abs(darks / size ** 2 - 0.5) * 20);
}
