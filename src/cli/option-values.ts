import { InvalidArgumentError } from 'commander';
import type { OptionSpec } from '../aggregation/index.js';
import { Refusal } from './refusal.js';

/** `--option k=v`, given any number of times. */
export function collectOption(written: string, before: Record<string, string> = {}): Record<string, string> {
  const at = written.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be name=value.');
  const name = written.slice(0, at);
  if (name in before) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...before, [name]: written.slice(at + 1) };
}

/** Text to the types of the option specs; what no spec knows stays text, for the library to refuse by name. */
export function typedOptions(specs: readonly OptionSpec[], written: Record<string, string> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(written).map(([name, text]) => [name, typed(specs.find((spec) => spec.name === name), text)]));
}

function typed(spec: OptionSpec | undefined, text: string): unknown {
  switch (spec?.type) {
    case 'integer':
    case 'number': {
      const value = text.trim() === '' ? NaN : Number(text);
      if (Number.isNaN(value)) throw new Refusal(`option ${spec.name} is ${JSON.stringify(text)}; it must be a number`, true);
      return value;
    }
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

export function seedNumber(written: string): number {
  const value = /^\d+$/.test(written) ? Number(written) : NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`It must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
  return value;
}

/** Reads a number above 0, such as 20000 or 1e12. */
export function positiveNumber(written: string): number {
  const value = written.trim() === '' ? NaN : Number(written);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('It must be a number above 0, such as 1e12.');
  return value;
}

/** Reads a whole number within limits. */
export function wholeNumber(least: number, most: number): (written: string) => number {
  return (written) => {
    const value = /^\d{1,15}$/.test(written) ? Number(written) : NaN;
    if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

/** One line on what an option takes: its default and range or choices. */
export function optionRange(spec: OptionSpec): string {
  switch (spec.type) {
    case 'boolean': return 'true or false';
    case 'choice': return spec.choices.join(', ');
    default: return `${spec.min} to ${spec.max}${spec.type === 'integer' ? ', whole' : ''}`;
  }
}
