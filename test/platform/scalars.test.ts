import fc from 'fast-check';
import { buildSchema, graphqlSync, parseValue, valueFromASTUntyped } from 'graphql';
import { describe, expect, test } from 'vitest';
import { BigIntScalar, DateTimeScalar, JsonScalar, ProbabilityScalar } from '../../src/platform/graphql/scalars.js';

const refusal = expect.objectContaining({ code: 'INVALID_INPUT' });

describe('DateTime', () => {
  test('comes back as it went out', () => {
    fc.assert(fc.property(fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }), (date) => {
      const text = DateTimeScalar.serialize(date);
      expect(DateTimeScalar.parseValue(text)).toEqual(date);
      expect(DateTimeScalar.parseLiteral(parseValue(JSON.stringify(text)))).toEqual(date);
    }));
  });

  test('reads zones, and fractions of a second to the millisecond', () => {
    expect(DateTimeScalar.parseValue('2026-01-31T12:00:00+02:00')).toEqual(new Date('2026-01-31T10:00:00Z'));
    expect(DateTimeScalar.parseValue('2024-02-29T23:59:59.123456789z')).toEqual(new Date('2024-02-29T23:59:59.123Z'));
  });

  test.each([
    '2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z',
    '2026-01-01T12:00:00', '2026-01-01', '12:00', '', 'now', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-23:59', '+010000-01-01T00:00:00Z',
    1_700_000_000, null, true, ['2026-01-31T12:00:00Z'],
  ])('refuses %j', (value) => {
    expect(() => DateTimeScalar.parseValue(value)).toThrow(refusal);
  });
});

describe('BigInt', () => {
  test('comes back exactly through the whole of 64 bits', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(BigIntScalar.parseValue(BigIntScalar.serialize(value))).toBe(value);
      expect(BigIntScalar.parseLiteral(parseValue(String(value)))).toBe(value);
    }));
  });

  test.each([String(2n ** 63n), String(-(2n ** 63n) - 1n), '1.0', '1e3', ' 1', '', '0x10', 2 ** 53, 1.5, Number.NaN, null, true])('refuses %j', (value) => {
    expect(() => BigIntScalar.parseValue(value)).toThrow(refusal);
  });
});

describe('Probability', () => {
  test('takes every number from 0 to 1, and hands it on unchanged', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (value) => {
      expect(ProbabilityScalar.parseValue(value)).toBe(value);
      expect(ProbabilityScalar.serialize(value)).toBe(value);
    }));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1e-300, 1.0000001, '0.5', null, true])('refuses %s on the way in and on the way out', (value) => {
    expect(() => ProbabilityScalar.parseValue(value)).toThrow(refusal);
    expect(() => ProbabilityScalar.serialize(value)).toThrow(refusal);
  });
});

describe('JSON', () => {
  test('reads the same from a query as from a variable', () => {
    const schema = buildSchema('scalar JSON type Query { echo(value: JSON): JSON }');
    Object.assign(schema.getType('JSON')!, { parseValue: JsonScalar.parseValue, parseLiteral: JsonScalar.parseLiteral, serialize: JsonScalar.serialize });
    const rootValue = { echo: ({ value }: { value: unknown }) => value };
    const value = { text: 'é', list: [1, 2.5, null, true, [], {}], nested: { a: { b: -1e-7 } } };
    const literal = '{ text: "é", list: [1, 2.5, null, true, [], {}], nested: { a: { b: -1e-7 } } }';
    const written = graphqlSync({ schema, rootValue, source: `{ echo(value: ${literal}) }` });
    const sent = graphqlSync({ schema, rootValue, source: 'query ($v: JSON) { echo(value: $v) }', variableValues: { v: value } });
    expect(written.data).toEqual({ echo: value });
    expect(sent.data).toEqual({ echo: value });
    expect(valueFromASTUntyped(parseValue(literal))).toEqual(value);
    const inside = graphqlSync({ schema, rootValue, source: 'query ($v: JSON) { echo(value: { inside: [$v] }) }', variableValues: { v: 7 } });
    expect(inside.data).toEqual({ echo: { inside: [7] } });
  });
});
