import type { AggregationMethod, MethodOptions, OptionSpec, OptionValue } from './method.js';

/**
 * A method's options, complete: defaults where nothing was given, every value checked against its spec.
 * @throws RangeError or TypeError naming the option, the value and what is allowed.
 */
export function resolveOptions(method: Pick<AggregationMethod, 'id' | 'options'>, given: Record<string, unknown> = {}): MethodOptions {
  const known = new Map(method.options.map((spec) => [spec.name, spec]));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) {
      const names = [...known.keys()].join(', ') || 'none';
      throw new TypeError(`${method.id} has no option ${JSON.stringify(name)}; it has: ${names}`);
    }
  }
  return Object.fromEntries(method.options.map((spec) => [spec.name, given[spec.name] == null ? spec.default : checked(method.id, spec, given[spec.name])]));
}

function checked(method: string, spec: OptionSpec, value: unknown): OptionValue {
  const shown = `${method}: option ${spec.name} is ${typeof value === 'number' ? value : JSON.stringify(value)}`;
  switch (spec.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw new TypeError(`${shown}; it must be true or false`);
      return value;
    case 'choice':
      if (typeof value !== 'string' || !spec.choices.includes(value)) throw new RangeError(`${shown}; it must be one of ${spec.choices.join(', ')}`);
      return value;
    default:
      if (typeof value !== 'number') throw new TypeError(`${shown}; it must be a number`);
      if (!(value >= spec.min && value <= spec.max)) throw new RangeError(`${shown}; it must be from ${spec.min} to ${spec.max}`);
      if (spec.type === 'integer' && !Number.isInteger(value)) throw new RangeError(`${shown}; it must be a whole number`);
      return value;
  }
}

/**
 * A name that means nothing is refused, not passed over: it is a mistaken one.
 * @throws TypeError naming it and those that are known
 */
export function refuseUnknownKeys(given: object, known: readonly string[], what: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${what} has ${JSON.stringify(unknown)}, which means nothing; it may have: ${known.join(', ')}`);
}
