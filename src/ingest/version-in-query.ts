import { invalid } from '../platform/errors.js';
import type { GivenVersion } from '../predictions/predictions.store.js';
import { count, flag, type Parameter, text } from '../platform/openapi.js';
import { flagIn, oneIn } from '../platform/http/query.js';

const meanings: Readonly<Record<keyof ReturnType<typeof versionIn>, Omit<Parameter, 'name' | 'in'>>> = {
  model: { required: true, schema: text(), description: 'The model that predicts.' },
  version: { required: true, schema: text(), description: 'Its version.' },
  outOfSample: { schema: flag(), description: 'Whether the model had not seen the items it predicts, as by cross-validation; true where left out.' },
  trainingWatermark: { schema: count(), description: 'The point of the log it was trained on: the watermark of a run.' },
  complete: { schema: flag(), description: 'Whether the version is complete with this file, and may be the one that runs read; true where left out.' },
};

/** What `versionIn` reads. */
export const versionParameters: readonly Parameter[] = Object.entries(meanings).map(([name, meaning]) => ({ name, in: 'query', ...meaning }));

/**
 * Which version of a model's predictions an upload brings, and whether the version is complete with it.
 * @throws INVALID_INPUT naming the parameter, its value and what it may be.
 */
export function versionIn(query: unknown): GivenVersion & { complete: boolean } {
  const needed = (name: string): string => {
    const value = oneIn(query, name);
    if (value == null) throw invalid(`${name} is missing: ?model=NAME&version=NAME say what the predictions are of`, name);
    return value;
  };
  const watermark = oneIn(query, 'trainingWatermark');
  if (watermark != null && !/^\d{1,16}$/.test(watermark)) throw invalid(`trainingWatermark is ${JSON.stringify(watermark)}; it is a whole number from 0 on`, 'trainingWatermark');
  return {
    model: needed('model'), version: needed('version'),
    outOfSample: flagIn(query, 'outOfSample'), trainingWatermark: watermark == null ? null : Number(watermark), complete: flagIn(query, 'complete') ?? true,
  };
}
