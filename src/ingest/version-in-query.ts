import { invalid } from '../platform/errors.js';
import type { GivenVersion } from '../predictions/predictions.store.js';

/**
 * Which version of a model's predictions an upload brings, and whether the version is complete with it.
 * @throws INVALID_INPUT naming the parameter, its value and what it may be.
 */
export function versionIn(query: unknown): GivenVersion & { complete: boolean } {
  const given = query as Record<string, string | string[] | undefined>;
  const one = (name: string): string | null => {
    const value = given[name];
    if (Array.isArray(value)) throw invalid(`${name} is given ${value.length} times; keep one`, name);
    return value == null || value === '' ? null : value;
  };
  const needed = (name: string): string => {
    const value = one(name);
    if (value == null) throw invalid(`${name} is missing: ?model=NAME&version=NAME say what the predictions are of`, name);
    return value;
  };
  const flag = (name: string): boolean | null => {
    const value = one(name);
    if (value != null && value !== 'true' && value !== 'false') throw invalid(`${name} is ${JSON.stringify(value)}; it is true or false`, name);
    return value == null ? null : value === 'true';
  };
  const watermark = one('trainingWatermark');
  if (watermark != null && !/^\d{1,16}$/.test(watermark)) throw invalid(`trainingWatermark is ${JSON.stringify(watermark)}; it is a whole number from 0 on`, 'trainingWatermark');
  return {
    model: needed('model'), version: needed('version'),
    outOfSample: flag('outOfSample'), trainingWatermark: watermark == null ? null : Number(watermark), complete: flag('complete') ?? true,
  };
}
