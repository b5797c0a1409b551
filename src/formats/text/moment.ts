/** Offsets in hours of the zones that MTurk and `date` name. */
const zones: Record<string, number> = { UTC: 0, GMT: 0, Z: 0, PST: -8, PDT: -7, MST: -7, MDT: -6, CST: -6, CDT: -5, EST: -5, EDT: -4, CET: 1, CEST: 2 };
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 2017-05-31T12:33:46.123456+02:00 and its like: RFC 3339, pandas (a blank, up to nanoseconds, no zone), Panoptes ("... UTC"). */
const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)? ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)?$/;
/** Wed May 31 12:33:46 PDT 2017: MTurk, and `date`. */
const spoken = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([A-Z]{1,4}) (\d{4})$/;
/** Whole or not, and as floats are printed: 1.496234026e+09. */
const epoch = /^(\d{8,19}(\.\d+)?|\d\.\d+[eE]\+?\d{1,2})$/;

/** A number that would be a moment outside these has its unit mistaken, or is none. */
const firstOfEpoch = Date.parse('1973-03-03T09:46:40Z');
const endOfEpoch = Date.parse('2200-01-01T00:00:00Z');

/**
 * The moment that a text names, in milliseconds since 1970; NaN where it names none, or a day such as 5/6/2017 that could be two.
 * Without a zone it is UTC. Of a number alone, which is a moment from 1973 to 2199, the size tells the unit: seconds, milli-,
 * micro- or nanoseconds.
 */
export function momentIn(written: string): number {
  const text = written.trim();
  return epoch.test(text) ? ofEpoch(Number(text)) : ofIso(text) ?? ofSpoken(text) ?? NaN;
}

function ofEpoch(value: number): number {
  const moment = Math.round(value < 1e11 ? value * 1000 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6);
  return moment >= firstOfEpoch && moment < endOfEpoch ? moment : NaN;
}

function ofIso(text: string): number | null {
  const found = iso.exec(text);
  if (!found) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found;
  if (/^[+-]/.test(zone) && found[4] === undefined) return null;
  return utc(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset(zone);
}

function ofSpoken(text: string): number | null {
  const found = spoken.exec(text);
  const month = found ? months.indexOf(found[1]!) : -1;
  if (!found || month < 0 || zones[found[6]!] === undefined) return null;
  return utc(Number(found[7]), month, Number(found[2]), Number(found[3]), Number(found[4]), Number(found[5])) - zones[found[6]!]! * 3_600_000;
}

/** NaN for a day that the month does not have, or an hour that the day does not. */
function utc(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const date = new Date(0);
  // `Date.UTC` takes the years up to 99 for those of the last century.
  date.setUTCFullYear(year, month, day);
  const isDay = year > 0 && date.getUTCMonth() === month && date.getUTCDate() === day;
  return isDay && hour < 24 && minute < 60 && second < 60 ? date.setUTCHours(hour, minute, second) : NaN;
}

function offset(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
