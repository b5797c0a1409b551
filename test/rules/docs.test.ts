import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ClassNames } from '../../src/projects/class-names.js';
import { compileRule } from '../../src/rules/compile-rule.js';
import { classFunctions, LEADING } from '../../src/rules/class-figures.js';
import { functionNames } from '../../src/rules/operations.js';
import { ruleKinds, type RuleKind } from '../../src/rules/quantities.js';

const classes = new ClassNames(['deer', 'human', 'nothing there']);

const page = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

describe('docs/rules.md', () => {
  it('tells every kind of rule, every quantity and every function', () => {
    for (const { field, result, doc, quantities } of Object.values(ruleKinds)) {
      expect(page).toContain(`| \`${field}\` | ${result === 'number' ? 'a number' : 'true or false'} | ${doc} |`);
      for (const { name, doc, range } of quantities) expect(page).toContain(`| \`${name}\` | ${doc} | ${range} |`);
    }
    for (const { name, doc, range } of classFunctions) expect(page).toContain(`| \`${name}(class)\` | ${doc} | ${range} |`);
    expect(page).toContain(`| \`leading\` | ${LEADING.doc} | ${LEADING.range} |`);
    for (const name of functionNames) expect(page).toContain(`\`${name}\``);
  });

  it('has examples that compile', () => {
    const examples = [...page.matchAll(/^(\S.*?)\s+(done|priority|flag|pause): .+$/gm)];
    expect(examples.length).toBeGreaterThan(10);
    for (const [, text, kind] of examples) compileRule(kind as RuleKind, text!, classes);
    for (const [, field, text] of page.matchAll(/^ +(\w+)Rule: "(.+)"$/gm)) compileRule(field as RuleKind, text!, classes);
  });

  it('shows errors as they are', () => {
    const refused = [['done', 'votes >= 3 and sureness > 0.9'], ['done', 'votesFor("Deer") >= 3'], ['flag', 'votes >= 4 & disagreement > 0.5'], ['priority', 'gain > 1']];
    const told = [...page.matchAll(/^(\w+)Rule, (character .+?)(, \.\.\.)?$/gm)];
    expect(told.map(([, kind]) => kind).sort()).toEqual(refused.map(([kind]) => kind).sort());
    for (const [kind, text] of refused) {
      let message = '';
      try {
        compileRule(kind as RuleKind, text!, classes);
      } catch (error) {
        ({ message } = error as Error);
      }
      expect(told.some(([, of, shown]) => of === kind && message.startsWith(shown!)), message).toBe(true);
    }
  });
});
