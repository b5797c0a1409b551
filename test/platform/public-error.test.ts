import { BadRequestException, InternalServerErrorException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { describe, expect, test } from 'vitest';
import { AssayError, conflict, errorStatus, invalid, limitExceeded, notFound } from '../../src/platform/errors.js';
import { toPublicError } from '../../src/platform/http/public-error.js';

const withStatus = (statusCode: number) => Object.assign(new Error('of the door'), { statusCode });
const withCode = (code: string) => Object.assign(new Error('of the driver'), { code });

describe('the table of public errors', () => {
  test.each<[string, unknown, number, string]>([
    ['bad input', invalid('x', 'input.name'), 400, 'INVALID_INPUT'],
    ['an absent thing', notFound('item', 'x'), 404, 'NOT_FOUND'],
    ['a conflict', conflict('x'), 409, 'CONFLICT'],
    ['too much', limitExceeded('x'), 413, 'LIMIT_EXCEEDED'],
    ['a refusal with a status of its own', new AssayError('INVALID_INPUT', 'x', { status: 415 }), 415, 'INVALID_INPUT'],
    ["the framework's bad request", new BadRequestException('x'), 400, 'INVALID_INPUT'],
    ["the framework's unknown route", new NotFoundException('x'), 404, 'NOT_FOUND'],
    ["the framework's missing key", new UnauthorizedException('x'), 401, 'UNAUTHENTICATED'],
    ['a body too large', withStatus(413), 413, 'LIMIT_EXCEEDED'],
    ['a body of another type', withStatus(415), 415, 'INVALID_INPUT'],
    ['too many requests', withStatus(429), 429, 'LIMIT_EXCEEDED'],
    ['a statement that was cut off', withCode('57014'), 503, 'LIMIT_EXCEEDED'],
    ['a full database', withCode('53300'), 503, 'UNAVAILABLE'],
    ['a database that shuts down', withCode('57P01'), 503, 'UNAVAILABLE'],
    ['a database that crashed', withCode('57P02'), 503, 'UNAVAILABLE'],
    ['a database that starts', withCode('57P03'), 503, 'UNAVAILABLE'],
    ['a refused connection', withCode('ECONNREFUSED'), 503, 'UNAVAILABLE'],
  ])('%s', (_what, error, status, code) => {
    expect(toPublicError(error)).toMatchObject({ status, code });
  });

  test('gives every code its own status', () => {
    for (const [code, status] of Object.entries(errorStatus)) {
      expect(toPublicError(new AssayError(code as keyof typeof errorStatus, 'why'))).toMatchObject({ code, status, message: 'why', isBug: false });
    }
  });

  test('hands on the field and the time to wait', () => {
    expect(toPublicError(invalid('x', 'input.name')).field).toBe('input.name');
    expect(toPublicError(conflict('x', 5)).retryAfterSeconds).toBe(5);
  });

  test.each([
    ['an exception', new TypeError('reading secret of undefined')],
    ['a fault in SQL', withCode('42601')],
    ['a broken constraint', withCode('23503')],
    ["the framework's own fault", withStatus(500)],
    ['a thrown text', 'secret'],
    ['nothing', undefined],
    ['null', null],
  ])('tells nobody but the log what %s was', (_what, error) => {
    const told = toPublicError(error);
    expect(told).toMatchObject({ status: 500, code: 'INTERNAL', isBug: true });
    expect(told.message).not.toMatch(/secret|driver|door/);
  });

  test('marks a fault of the framework as a bug to be logged', () => {
    expect(toPublicError(new InternalServerErrorException('x'))).toMatchObject({ status: 500, code: 'INTERNAL', isBug: true });
  });
});
