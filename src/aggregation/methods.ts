import type { AggregationMethod } from './method.js';

/** THE REGISTRY: a method is one file of `methods/` and one line here. */
export const methods: readonly AggregationMethod[] = [
];

const byId = new Map(methods.map((method) => [method.id, method]));

/** @throws RangeError naming the methods there are. */
export function findMethod(id: string): AggregationMethod {
  const method = byId.get(id);
  if (!method) throw new RangeError(`there is no method ${JSON.stringify(id)}; there are: ${[...byId.keys()].join(', ')}`);
  return method;
}
