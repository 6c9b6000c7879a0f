import type { Span } from '../contract/report';
import { total } from './spans';

/** Seconds in words: `0 s`, `4.2 s`, `48 s`, `12 min 52 s`, `4 h`, `2 d 3 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 10) return `${Number.isInteger(tenths) ? tenths : tenths.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const parts = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return parts(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(seconds / 3600);
  return parts(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** A span's sum, and how it came about where something was skipped. */
export const spanInWords = (span: Span): string =>
  span.skippedSeconds > 0 ? `${duration(total(span))} (${measuredAndSkipped(span)})` : duration(total(span));

export const measuredAndSkipped = (span: Span): string =>
  `${duration(span.measuredSeconds)} measured + ${duration(span.skippedSeconds)} skipped`;

/** An instant as `2026-11-23 02:29:02 UTC`. */
export function utc(at: string): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

export const count = (n: number, one: string, many = `${one}s`): string => `${grouped(n)} ${n === 1 ? one : many}`;

/** 412881 as `412,881`. */
export const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** A value of the journal or of a target as short, stable text: objects as `name value, …`. */
export function inWords(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((v) => inWords(v, depth + 1)).join(', ');
  if (typeof value === 'object') {
    const parts = Object.entries(value).map(([name, v]) => `${name}: ${inWords(v, depth + 1)}`);
    const joined = parts.length === 0 ? 'none' : parts.join(depth === 0 ? '; ' : ', ');
    return depth > 0 && parts.length > 1 ? `{${joined}}` : joined;
  }
  return 'unknown';
}
