import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { methods } from '../src/aggregation/index.js';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const page = read('docs/choosing-a-method.md');
const bench = read('bench/accuracy/README.md');

/** The rows of the table below a heading, by first cell without its quotes. */
function tableOf(text: string, heading: string): Map<string, string[]> {
  const below = text.slice(text.indexOf(heading));
  const rows = below.slice(below.indexOf('\n|')).trimStart().split('\n\n')[0]!.split('\n').filter((row) => !/^\| ?---/.test(row));
  return new Map(rows.map((row) => row.slice(2, -2).split(' | ')).map(([first, ...cells]) => [first!.replaceAll('`', ''), cells]));
}

describe('docs/choosing-a-method.md', () => {
  const means = tableOf(bench, '\n## Means over the crowds\n');

  it('has the means of the bench', () => {
    const told = tableOf(page, '\n## What is measured\n');
    expect(told.size).toBeGreaterThan(8);
    for (const [method, cells] of told) expect([method, ...cells]).toEqual([method, ...means.get(method)!.slice(0, 4)]);
    const helps = tableOf(page, 'What helps, on the 18 real crowds:');
    expect(helps.size).toBe(5);
    for (const [method, cells] of [...helps].slice(1)) expect([method, ...cells]).toEqual([method, ...means.get(method.replace(', until it converges', ''))!.slice(0, 2)]);
  });

  it('says of the differences what their intervals say', () => {
    const differences = tableOf(bench, '\n### Less `soft-label-mean`\n');
    expect(differences.get('hierarchical-dawid-skene')![1]).not.toContain('**');
    const losses = tableOf(bench, '\n## Log loss\n');
    const above = losses.get('dawid-skene')!.filter((loss, crowd) => Number(loss) > Number(losses.get('vote-share')![crowd]));
    expect(page).toContain(`on ${above.length} of the 18 crowds its log loss is above that of plain vote shares`);
    // Ahead of every single method in log loss.
    for (const { id } of methods.filter(({ id }) => differences.has(id))) expect(differences.get(id)![2]).toMatch(/^\*\*\+/);
  });

  it.each([
    ['zencrowd_us', 'ebcc', '91.6%'], ['zencrowd_us', 'soft-label-mean', '87.5%'], ['zencrowd_us', 'dawid-skene', '82.4%'],
    ['facteval', 'label-aggregation', '90.1%'], ['facteval', 'top-two', '90.1%'], ['facteval', 'soft-label-mean', '87.8%'], ['facteval', 'dawid-skene', '85.1%'],
    ['color', 'top-two', '64.8%'], ['color', 'soft-label-mean', '63.7%'], ['trec', 'top-two', '59.3%'], ['trec', 'soft-label-mean', '69.4%'],
    ['bluebird', 'dawid-skene', '89.8%'], ['bluebird', 'hierarchical-dawid-skene', '89.8%'], ['bluebird', 'majority-vote', '75.9%'], ['bluebird', 'top-two', '74.1%'],
  ])('has the accuracy on %s of %s', (crowd, method, figure) => {
    const perCrowd = tableOf(bench, '\n## Accuracy (%)\n');
    expect(`${perCrowd.get(method)![perCrowd.get('method')!.indexOf(crowd)]}%`).toBe(figure);
    expect(page.split('\n').some((line) => line.includes(crowd) && line.includes(figure))).toBe(true);
  });

  it('names methods that there are', () => {
    const named = [...tableOf(page, '\n## Which method for which crowd\n').values()].flatMap(([method]) => [...method!.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id!));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((id) => !methods.some((method) => method.id === id))).toEqual([]);
  });
});
