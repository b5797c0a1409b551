import { setTimeout as sleep } from 'node:timers/promises';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import fc from 'fast-check';
import {
  getNamedType, isCompositeType, isInterfaceType, isNonNullType, isObjectType, parse, validate,
  type GraphQLCompositeType, type GraphQLField, type GraphQLSchema,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateCost } from '../../src/platform/graphql/query-cost.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
let schema: GraphQLSchema;
/** Arguments that a field must have, as they are written. */
let needed: Record<string, string>;

beforeAll(async () => {
  service = await startService();
  schema = service.app.get(GraphQLSchemaHost).schema;
  const projectId = await service.newProject({ rules: { createUnknownItems: true, createUnknownAnnotators: true } });
  const votes = [0, 1, 2, 3, 4, 5].flatMap((item) => [0, 1, 2, 3].map((annotator) => ({ item: `i${item}`, annotator: `a${annotator}`, class: (item + annotator) % 3 === 0 ? 'spam' : 'ham' })));
  await service.data('mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { counts { created } } }', { input: { projectId, votes } });
  await service.data('mutation ($input: SetGoldInput!) { setGold(input: $input) { results { status } } }', { input: { projectId, rows: [0, 1, 2].map((item) => ({ item: `i${item}`, class: 'ham' })) } });
  const { drawGoldSample } = await service.data('mutation ($input: DrawGoldSampleInput!) { drawGoldSample(input: $input) { sample { id } } }', { input: { projectId, design: 'UNIFORM', size: 3 } });
  const { startRun } = await service.data('mutation ($input: StartRunInput!) { startRun(input: $input) { run { id } } }', { input: { projectId, method: 'dawid-skene' } });
  for (let status = ''; status !== 'SUCCEEDED'; await sleep(100)) status = (await service.data('query ($id: ID!) { run(id: $id) { status } }', { id: startRun.run.id })).run.status;
  const { requestAgreement } = await service.data('mutation ($input: RequestAgreementInput!) { requestAgreement(input: $input) { report { id } } }', { input: { projectId, metric: 'percent', by: ['OVERALL', 'CLASS', 'ITEM', 'PAIR'] } });
  for (let status = ''; status !== 'SUCCEEDED'; await sleep(100)) status = (await service.data('query ($id: ID!) { report(id: $id) { status } }', { id: requestAgreement.report.id })).report.status;
  needed = {
    'Query.project': `id: "${projectId}"`, 'Query.run': `id: "${startRun.run.id}"`, 'Query.node': `id: "${projectId}"`, 'Query.goldSample': `id: "${drawGoldSample.sample.id}"`,
    'Query.report': `id: "${requestAgreement.report.id}"`, 'Query.rulesDryRun': `input: { projectId: "${projectId}", rules: {} }`,
  };
});
afterAll(() => service.stop());

/** Fields in an answer. Each was resolved; __typename is no field. */
function countFields(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + countFields(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [name, one]) => sum + (name.startsWith('typename') ? 0 : 1) + (name.startsWith('json') ? 0 : countFields(one)), 0);
}

type Draw = <T>(of: fc.Arbitrary<T>) => T;

/** A document that is valid: fields of every kind, below aliases, inline and named fragments, with variables, defaults and directives. */
class DocumentMaker {
  private readonly variables: string[] = [];
  private readonly fragments: string[] = [];
  private names = 0;
  readonly values: Record<string, unknown> = {};
  /** What each of the numbers that came as a variable is. */
  private readonly numbers = new Map<string, number>();

  constructor(private readonly draw: Draw) {}

  make(): string {
    const set = this.set(schema.getQueryType()!, 0);
    const declared = this.variables.length > 0 ? `(${this.variables.join(', ')})` : '';
    return `query Q${declared} ${set} ${this.fragments.join(' ')}`;
  }

  /** The same document with those numbers written where they are used. */
  written(document: string): string {
    return document
      .replace(/^query Q(\(.*?\) )?/, (_, declared?: string) => (declared ? `query Q(${this.variables.filter((one) => !this.numbers.has(/\w+/.exec(one)![0])).join(', ')}) `.replace('Q() ', 'Q ') : 'query Q '))
      .replace(/\$(v\d+)/g, (_, name: string) => String(this.numbers.get(name)!));
  }

  private whole(min: number, max: number): number {
    return this.draw(fc.integer({ min, max }));
  }

  private set(type: GraphQLCompositeType, depth: number): string {
    const fields = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()).filter((field) => this.isAsked(type, field, depth)) : [];
    const parts: string[] = fields.length === 0 ? [] : Array.from({ length: this.whole(1, 3) }, () => {
      const field = fields[this.whole(0, fields.length - 1)]!;
      return this.wrapped(this.field(type, field, depth), type);
    });
    if (isInterfaceType(type)) {
      const possible = schema.getPossibleTypes(type);
      const one = possible.find(({ name }) => name === 'Project') ?? possible[0]!;
      parts.push(`... on ${one.name} ${this.set(one, depth + 1)}`);
    }
    if (parts.length === 0 || this.whole(0, 5) === 0) parts.push(`typename${this.names++}: __typename`);
    return `{ ${parts.join(' ')} }`;
  }

  /** Objects end with the depth. */
  private isAsked(type: GraphQLCompositeType, field: GraphQLField<unknown, unknown>, depth: number): boolean {
    if (isCompositeType(getNamedType(field.type)) && depth >= 7) return false;
    // Refused, as it should be, where there are no predictions.
    if (field.name === 'relabelOrNew') return false;
    return `${type.name}.${field.name}` in needed || field.args.every((argument) => !isNonNullType(argument.type) || argument.defaultValue !== undefined);
  }

  private field(type: GraphQLCompositeType, field: GraphQLField<unknown, unknown>, depth: number): string {
    const composite = isCompositeType(getNamedType(field.type));
    const written: string[] = needed[`${type.name}.${field.name}`] ? [needed[`${type.name}.${field.name}`]!] : [];
    const size = field.args.find(({ name }) => name === 'first');
    if (size && this.whole(0, 4) > 0) written.push(`first: ${this.number(this.whole(1, 4), isNonNullType(size.type))}`);
    // Alike names with unlike arguments would not merge.
    const alias = `${getNamedType(field.type).name === 'JSON' ? 'json' : field.name}_${this.names++}`;
    return `${alias}: ${field.name}${written.length > 0 ? `(${written.join(', ')})` : ''}${composite ? ` ${this.set(getNamedType(field.type) as GraphQLCompositeType, depth + 1)}` : ''}`;
  }

  /** A number as it may come: written, or a variable that is sent, or one left to its default, or one sent although it has a default. */
  private number(value: number, isNeeded: boolean): string {
    const way = this.whole(0, 3);
    if (way === 0) return String(value);
    const name = `v${this.names++}`;
    this.variables.push(`$${name}: Int${isNeeded || this.whole(0, 1) === 0 ? '!' : ''}${way === 1 ? '' : ` = ${way === 2 ? value : 1}`}`);
    if (way !== 2) this.values[name] = value;
    this.numbers.set(name, value);
    return `$${name}`;
  }

  private wrapped(part: string, type: GraphQLCompositeType): string {
    switch (this.whole(0, 6)) {
      case 0: return `... { ${part} }`;
      case 1: return `... on ${type.name} { ${part} }`;
      case 2: {
        const name = `F${this.names++}`;
        this.fragments.push(`fragment ${name} on ${type.name} { ${part} }`);
        return `...${name}`;
      }
      case 3: {
        const name = `b${this.names++}`;
        this.variables.push(`$${name}: Boolean! = ${this.whole(0, 1) === 0}`);
        return `... @include(if: $${name}) { ${part} }`;
      }
      case 4: return `... @skip(if: ${this.whole(0, 1) === 0}) { ${part} }`;
      default: return part;
    }
  }
}

describe('the estimate', () => {
  it('is never less than what is resolved, whatever the document looks like', async () => {
    let answered = 0;
    let resolved = 0;
    let closest = 0;
    await fc.assert(fc.asyncProperty(fc.gen(), async (gen) => {
      const maker = new DocumentMaker((of) => gen(() => of));
      const query = maker.make();
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const { cost } = estimateCost(schema, document, null, maker.values);
      // However a number comes, it is the same number: of pages that are longer than they look, too, which no small project has.
      const written = parse(maker.written(query));
      expect(validate(schema, written)).toEqual([]);
      expect(estimateCost(schema, written, null, {}).cost).toBeCloseTo(cost, 6);
      const answer = await service.graphql(query, maker.values);
      if (/costs \d+ by estimate/.test(answer.errors?.[0]?.message ?? '')) {
        expect([answer.status, answer.errors![0]!.extensions.code, cost > 100_000, answer.errors![0]!.message.includes(`costs ${cost} by estimate, more than 100000`)]).toEqual([400, 'LIMIT_EXCEEDED', true, true]);
        return;
      }
      if (/aliases|maximum depth|query depth/i.test(answer.errors?.[0]?.message ?? '')) return;
      expect(answer.errors ?? []).toEqual([]);
      const fields = countFields(answer.data);
      expect(fields).toBeLessThanOrEqual(cost);
      answered++;
      resolved += fields;
      if (cost > 0 && cost < 1000) closest = Math.max(closest, fields / cost);
    }), { numRuns: 200, seed: 11, endOnFailure: true, interruptAfterTimeLimit: 100_000, markInterruptAsFailure: false });
    // Else it showed nothing.
    expect(answered).toBeGreaterThan(30);
    expect(resolved).toBeGreaterThan(500);
    expect(closest).toBeGreaterThan(0.5);
  }, 180_000);

  const estimate = (query: string, variables = {}) => {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    return estimateCost(schema, document, null, variables).cost;
  };

  it('of a page is what it reads, and its fields for each row, behind fragments of any kind and by variables of any kind', () => {
    const plain = estimate('{ projects(first: 50) { nodes { id name } } }');
    // The page, its rows, nodes, and two fields a row.
    expect(plain).toBe(1 + 50 + 1 + 100);
    for (const [query, variables] of [
      ['query ($n: Int = 50) { projects(first: $n) { nodes { id name } } }', {}],
      ['query ($n: Int) { projects(first: $n) { nodes { id name } } }', { n: 50 }],
      ['query ($n: Int = 2) { projects(last: $n) { nodes { id name } } }', { n: 50 }],
      ['{ projects(first: 50) { ... { nodes { id name } } } }', {}],
      ['{ projects(first: 50) { ... on ProjectConnection { ...C } } } fragment C on ProjectConnection { nodes { ...P } } fragment P on Project { id ... @include(if: true) { name } }', {}],
      ['{ projects(first: 50) { nodes { id name description: name @skip(if: true) } } }', {}],
    ] as const) expect(estimate(query, variables)).toBe(plain);
    expect(estimate('{ projects { pageInfo { hasNextPage } } }')).toBe(1 + 100 + 1 + 1);
    expect(estimate('query ($n: Int = 7) { projects(first: $n) { pageInfo { hasNextPage } } }', { n: null })).toBe(1 + 100 + 1 + 1);
  });

  it('of an answer to a list is as long as the list that was sent', () => {
    const votes = Array.from({ length: 10_000 }, () => ({}));
    expect(estimate('mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { results { __typename index status code message } } }', { input: { projectId: 'x', votes } }))
      .toBe(1 + 1 + 10_000 * 4.1);
    expect(estimate('mutation ($v: [VoteInput!]!) { submitVotes(input: { projectId: "x", votes: $v }) { results { index } } }', { v: votes })).toBe(10_002);
  });

  it('of fields that read much tells so, in pages above all', () => {
    const timelines = estimate(`{ project(${needed['Query.project']}) { annotators(first: 500) { nodes { reliabilityTimeline(first: 1) { nodes { votes } } } } } }`);
    expect(timelines).toBeGreaterThan(1_000_000);
    expect(estimate(`{ project(${needed['Query.project']}) { progress { open } } }`)).toBeGreaterThan(400);
    expect(estimate(`{ project(${needed['Query.project']}) { methodAdvice { recommendation { method } } } }`)).toBeGreaterThan(5000);
    expect(estimate(`{ projects(first: 100) { nodes { methodAdvice { items } } } }`)).toBeGreaterThan(500_000);
    expect(estimate(`{ rulesDryRun(${needed['Query.rulesDryRun']}) { changed } }`)).toBeGreaterThan(10_000);
  });

  it('reads a few numbers of a call of 10,000 votes, and none of the votes', () => {
    const document = parse('mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { results { index status } } }');
    const read: PropertyKey[] = [];
    const votes = new Proxy(Array.from({ length: 10_000 }, (_, i) => ({ item: `i${i}`, annotator: 'a', class: 'ham' })), {
      get: (all, key, proxy) => (read.push(key), Reflect.get(all, key, proxy) as unknown),
    });
    const few = estimateCost(schema, document, null, { input: { projectId: 'x', votes: votes.slice(0, 10) } });
    read.length = 0;
    const many = estimateCost(schema, document, null, { input: { projectId: 'x', votes } });
    expect(read.length).toBeLessThan(10);
    expect(many.cost).toBeGreaterThan(few.cost);
  });
});
