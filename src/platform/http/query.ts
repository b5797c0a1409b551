import { invalid } from '../errors.js';

/** A parameter of a request; null where it is left out or empty. @throws INVALID_INPUT where it is given more than once */
export function oneIn(query: unknown, name: string): string | null {
  const value = (query as Record<string, string | string[] | undefined>)[name];
  if (Array.isArray(value)) throw invalid(`${name} is given ${value.length} times; keep one`, name);
  return value == null || value === '' ? null : value;
}

/** @throws INVALID_INPUT naming what else it is */
export function flagIn(query: unknown, name: string): boolean | null {
  const value = oneIn(query, name);
  if (value != null && value !== 'true' && value !== 'false') throw invalid(`${name} is ${JSON.stringify(value)}; it is true or false`, name);
  return value == null ? null : value === 'true';
}

/** @param meaning what the number is, for a refusal @throws INVALID_INPUT for what is no whole number from 0 on */
export function wholeIn(query: unknown, name: string, meaning: string): number | null {
  const value = oneIn(query, name);
  if (value != null && !/^\d{1,15}$/.test(value)) throw invalid(`${name} is ${JSON.stringify(value)}; it must be ${meaning}`, name);
  return value == null ? null : Number(value);
}
