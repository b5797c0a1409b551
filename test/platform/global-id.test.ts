import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssayError } from '../../src/platform/errors.js';
import { globalId, parseGlobalId, readGlobalId } from '../../src/platform/graphql/global-id.js';

const part = fc.integer({ min: 0, max: 999_999_999_999_999 });
const encode = (text: string) => Buffer.from(text).toString('base64url');

describe('a global id', () => {
  test.each([['Project', 1], ['ApiKey', 1], ['Item', 2], ['Run', 2]] as const)('of a %s comes back as the type and the numbers it was made of', (type, length) => {
    fc.assert(fc.property(fc.array(part, { minLength: length, maxLength: length }), (parts) => {
      const id = globalId(type, ...parts);
      expect(id).toMatch(/^[\w-]+$/);
      expect(parseGlobalId(id)).toEqual({ type, parts });
      expect(readGlobalId(type, id)).toEqual(parts);
    }));
  });

  test.each([
    ['zeros before its number', 'Project', encode('Project:0000001')],
    ['numbers behind its own', 'Project', encode('Project:1:2:3')],
    ['its number alone', 'Item', encode('Item:1')],
    ['padding', 'Project', `${globalId('Project', 1)}=`],
    ['the other alphabet', 'ApiKey', Buffer.from('ApiKey:1>>>').toString('base64')],
    ['blanks around it', 'Project', ` ${globalId('Project', 1)} `],
    ['other bits behind its last', 'Project', globalId('Project', 12).replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1))],
  ])('with %s is no second id of the same thing', (_what, type, id) => {
    expect(() => readGlobalId(type, id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('of different things is never the same', () => {
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 2 }), fc.array(part, { minLength: 1, maxLength: 2 }), (a, b) => {
      expect(globalId('Item', ...a) === globalId('Item', ...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }));
  });

  test.each([
    ['of another type', globalId('Annotator', 1, 1)],
    ['with nothing in it', ''],
    ['without numbers', encode('Item')],
    ['with a negative number', encode('Item:1:-1')],
    ['with a fraction', encode('Item:1:1.5')],
    ['with a number past 2^53', encode('Item:1:9999999999999999')],
    ['with SQL', encode('Item:1:1;drop table items')],
    ['in plain text', 'Item:1'],
    ['of other bytes', '\u0000\uD800é'],
  ])('%s answers like an absent one', (_what, id) => {
    const read = () => readGlobalId('Item', id);
    expect(read).toThrow(AssayError);
    expect(read).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  test('that is far too long is refused before it is decoded', () => {
    expect(() => readGlobalId('Item', 'A'.repeat(100_000))).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  test('is missed under the words of its type', () => {
    expect(() => readGlobalId('SoftLabel', 'x')).toThrow('there is no soft label "x" here');
  });
});
