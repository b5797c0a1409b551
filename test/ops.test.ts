import { readFileSync } from 'node:fs';
import { register } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startService, type Service } from './setup/service.js';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

interface Panel { title: string; targets: { expr: string; legendFormat: string }[] }
interface Rule { alert: string; expr: string; annotations: { summary: string } }
const { panels } = JSON.parse(read('ops/grafana/assay.json')) as { panels: Panel[] };
const { groups } = parse(read('ops/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** What Prometheus adds to whatever it scrapes. */
const PROMETHEUS = { metrics: ['up'], labels: ['job', 'instance'] };
const WORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'bool', 'offset', 'e9']);

/** Each metric of an expression with the labels that are asked of it; those of `by` are asked of all. */
function asked(expression: string): { metric: string; labels: string[] }[] {
  const grouped = [...expression.matchAll(/\b(?:by|without)\s*\(([^)]*)\)/g)].flatMap(([, names]) => names!.split(',').map((name) => name.trim()));
  const bare = expression.replace(/\b(?:by|without)\s*\([^)]*\)/g, ' ').replace(/\[[^\]]*\]/g, ' ').replace(/"[^"]*"/g, '""');
  return [...bare.matchAll(/(?<![\w$])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\(|\w|\s*[=!]~?"")/g)].filter(([, name]) => !WORDS.has(name!)).map(([, metric, matchers]) => ({
    metric: metric!, labels: [...(matchers ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!).concat(grouped),
  }));
}

describe('the dashboard and the alert rules', () => {
  let service: Service;
  /** The labels of each series that a service tells, by name. */
  const told = new Map<string, Set<string>>();
  beforeAll(async () => {
    service = await startService();
    const text = (await service.http().get('/metrics').expect(200)).text;
    for (const [, family, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      const { labelNames } = register.getSingleMetric(family!) as unknown as { labelNames: string[] };
      const names = type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${family}${end}`) : [family!];
      for (const name of names) told.set(name, new Set([...labelNames, ...PROMETHEUS.labels, ...(name.endsWith('_bucket') ? ['le'] : [])]));
    }
    for (const name of PROMETHEUS.metrics) told.set(name, new Set(PROMETHEUS.labels));
  });
  afterAll(() => service.stop());

  const faults = (expression: string) => asked(expression).flatMap(({ metric, labels }) => {
    const known = told.get(metric);
    return known ? labels.filter((label) => !known.has(label)).map((label) => `${metric}{${label}}`) : [metric];
  });

  const expressions = [
    ...panels.flatMap(({ title, targets }) => targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const)),
    ...rules.map(({ alert, expr, annotations }) => [alert, expr, annotations.summary.replaceAll('$labels.', '')] as const),
  ];

  it.each(expressions)('%s asks for what a service tells: %s', (_, expression, shown) => {
    expect(asked(expression).length).toBeGreaterThan(0);
    expect(faults(expression)).toEqual([]);
    const grouped = [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, names]) => names!.split(',').map((name) => name.trim()));
    const shownLabels = [...shown.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label!);
    expect(shownLabels.filter((label) => !(grouped.length > 0 ? grouped : PROMETHEUS.labels).includes(label))).toEqual([]);
  });

  it('would be found out by a name that is misspelt', () => {
    expect(faults('sum by (status) (rate(assay_votes_totl{job="assay"}[5m]))')).toEqual(['assay_votes_totl']);
    expect(faults('sum by (state) (rate(assay_votes_total{job="assay", kind!="x"}[$__rate_interval])) / up > 0.5')).toEqual(['assay_votes_total{kind}', 'assay_votes_total{state}', 'up{state}']);
    expect(faults('histogram_quantile(0.9, sum by (le) (rate(assay_http_request_seconds_sum[5m]))) or assay_http_request_seconds')).toEqual(['assay_http_request_seconds_sum{le}', 'assay_http_request_seconds']);
  });

  it('show every metric of ours', () => {
    const all = panels.map(({ targets }) => targets.map(({ expr }) => expr).join(' ')).join(' ');
    expect([...told.keys()].filter((name) => name.startsWith('assay_')).map((name) => name.replace(/_(bucket|sum|count)$/, '')).filter((name) => !all.includes(name))).toEqual([]);
  });

  it('are told in the docs, each alert with what to do', () => {
    const page = read('docs/operation.md');
    expect(rules.filter(({ alert }) => !new RegExp(`^\\| \`${alert}\` \\| .+ \\| .+ \\|$`, 'm').test(page)).map(({ alert }) => alert)).toEqual([]);
  });
});
