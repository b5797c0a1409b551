import { invalid } from '../platform/errors.js';
import type { GivenVersion } from '../predictions/predictions.store.js';

/** Which version of a model's predictions an upload brings. @throws INVALID_INPUT naming the parameter, its value and what it may be. */
export function versionIn(query: unknown): GivenVersion {
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
  const outOfSample = one('outOfSample');
  if (outOfSample != null && outOfSample !== 'true' && outOfSample !== 'false') throw invalid(`outOfSample is ${JSON.stringify(outOfSample)}; it is true or false`, 'outOfSample');
  const watermark = one('trainingWatermark');
  if (watermark != null && !/^\d{1,16}$/.test(watermark)) throw invalid(`trainingWatermark is ${JSON.stringify(watermark)}; it is a whole number from 0 on`, 'trainingWatermark');
  return {
    model: needed('model'), version: needed('version'),
    outOfSample: outOfSample == null ? null : outOfSample === 'true', trainingWatermark: watermark == null ? null : Number(watermark),
  };
}
