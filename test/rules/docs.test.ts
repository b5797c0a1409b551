import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRule } from '../../src/rules/compile-rule.js';
import { functionNames } from '../../src/rules/operations.js';
import { ruleKinds, type RuleKind } from '../../src/rules/quantities.js';

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

describe('docs/rules.md', () => {
  it('tells every kind of rule, every quantity and every function', () => {
    for (const { field, result, doc, quantities } of Object.values(ruleKinds)) {
      expect(page).toContain(`| \`${field}\` | ${result === 'number' ? 'a number' : 'true or false'} | ${doc} |`);
      for (const { name, doc, range } of quantities) expect(page).toContain(`| \`${name}\` | ${doc} | ${range} |`);
    }
    for (const name of functionNames) expect(page).toContain(`\`${name}\``);
  });

  it('has examples that compile', () => {
    const examples = [...page.matchAll(/^(\S.*?)\s+(done|priority|flag|pause): .+$/gm)];
    expect(examples.length).toBeGreaterThan(10);
    for (const [, text, kind] of examples) compileRule(kind as RuleKind, text!);
    for (const [, field, text] of page.matchAll(/^ +(\w+)Rule: "(.+)"$/gm)) compileRule(field as RuleKind, text!);
  });

  it('shows errors as they are', () => {
    const refused = { done: 'votes >= 3 and sureness > 0.9', flag: 'votes >= 4 & disagreement > 0.5', priority: 'gain > 1' };
    for (const [kind, text] of Object.entries(refused)) {
      const shown = new RegExp(`^${kind}Rule, (character .+?)(, \\.\\.\\.)?$`, 'm').exec(page)![1]!;
      let message = '';
      try {
        compileRule(kind as RuleKind, text);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(message.startsWith(shown), `${message} | ${shown}`).toBe(true);
    }
  });
});
