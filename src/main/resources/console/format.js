// Numbers and times as people read them.

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const FINE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
});
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export const count = (n) => COUNT.format(n);

/** One digit behind the point as long as that says something. */
export const fine = (n) => (Math.abs(n) >= 100 ? COUNT.format(n) : FINE.format(n));

/** A word with its number, such as "1 job" and "2 jobs". */
export const many = (n, one, more = `${one}s`) => `${count(n)} ${n === 1 ? one : more}`;

export function duration(seconds) {
  const s = Math.max(0, seconds);
  if (s < 9.95) {
    return `${FINE.format(s)} s`;
  }
  if (s < 60) {
    return `${Math.floor(s)} s`;
  }
  if (s < 3600) {
    return `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`;
  }
  return s < 86400
    ? `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`
    : `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** The same in whole units, for what is counted up before one's eyes. */
export const age = (seconds) => duration(seconds < 10 ? Math.floor(Math.max(0, seconds)) : seconds);

export const between = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

export const clock = (timestamp) => CLOCK.format(new Date(timestamp));

export const moment = (timestamp) => MOMENT.format(new Date(timestamp));

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = n;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${fine(value)} ${units[unit]}`;
}

/** job_abcd…wxyz: enough to tell jobs apart by eye; the link holds the whole. */
export const shortId = (id) => (id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);

/** A value as JSON on one line, with long lists of numbers cut. */
export function brief(value) {
  if (Array.isArray(value)) {
    const shown = value.length > 6 ? value.slice(0, 4) : value;
    const rest = value.length > 6 ? `, … ${count(value.length)} in all` : '';
    return `[${shown.map(brief).join(', ')}${rest}]`;
  }
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([k, v]) => `"${k}": ${brief(v)}`).join(', ')}}`;
  }
  if (typeof value === 'number' && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(4)));
  }
  return JSON.stringify(value);
}
