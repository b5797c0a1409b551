import { methods } from './methods.js';
import type { FindingSpec } from './method.js';

/** The findings of all methods about one kind of thing, each name once, with the methods that find it. */
export function findingsPer(per: FindingSpec['per']): (FindingSpec & { methods: string[] })[] {
  const found = new Map<string, FindingSpec & { methods: string[] }>();
  for (const { id, finds = [] } of methods) {
    for (const spec of finds) {
      if (spec.per !== per) continue;
      const known = found.get(spec.name);
      if (known) known.methods.push(id);
      else found.set(spec.name, { ...spec, methods: [id] });
    }
  }
  return [...found.values()];
}

/** What a method declares about one kind of thing, in the order of its record; nothing for a method there is no more. */
export function findingsOf(methodId: string, per: FindingSpec['per']): readonly FindingSpec[] {
  return methods.find(({ id }) => id === methodId)?.finds?.filter((spec) => spec.per === per) ?? [];
}

/** A finding's column in files: confusionProbability is confusion_probability. */
export function findingColumn({ name }: FindingSpec): string {
  return name.replace(/[A-Z]/g, '_$&').toLowerCase();
}

/** A finding's cell in files: the name of a class, true or false, or the number; null where it is unknown or withheld. */
export function findingCell({ type }: FindingSpec, value: number | null | undefined, classes: readonly string[]): string | number | boolean | null {
  if (value == null || Number.isNaN(value)) return null;
  if (type === 'class') return classes[value] ?? null;
  return type === 'boolean' ? value === 1 : value;
}
