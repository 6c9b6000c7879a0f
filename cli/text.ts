import { words } from '../report';

/** Seconds as `0:41`, `12:52`, `4:00:00`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds as `9m54s`, without blanks, for lines that programs read. */
export function compact(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const units = ['h', 'm', 's'];
  const first = parts.findIndex((n) => n > 0);
  return first === -1 ? '0s' : parts.map((n, index) => (index < first ? '' : `${n}${units[index] ?? ''}`)).join('');
}

/** `02:31:05 UTC (03:31:05 here)`; `zone` is an IANA name, the machine's own where it is not given. */
export function bothClocks(at: number, zone?: string): string {
  const local = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).format(at);
  return `${new Date(at).toISOString().slice(11, 19)} UTC (${local} here)`;
}

/** Text of others made safe for a terminal: no control characters, so no escape sequences, on one line. */
export const harmless = (text: string): string =>
  text
    .replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();

/** A line broken at blanks into lines of at most `width`, the later ones indented; words that are too long stay whole. */
export function wrap(line: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) /)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length <= width || current === '') current = longer;
    else {
      lines.push(current);
      current = ' '.repeat(indent) + word;
    }
  }
  return [...lines, current];
}

/** A line cut to the width, so that it never wraps. */
export const cut = (line: string, width: number): string =>
  line.length <= width ? line.trimEnd() : width <= 1 ? line.slice(0, width) : `${line.slice(0, width - 1)}…`;

export const { duration, grouped, inWords, measuredAndSkipped, spanInWords, utc } = words;

/** Pads each column to its longest cell. */
export function columns(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
