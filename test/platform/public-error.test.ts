import { BadRequestException, InternalServerErrorException, NotFoundException, UnauthorizedException } from '@nestjs/common';
import { QueryFailedError, QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';
import { describe, expect, test } from 'vitest';
import { AssayError, conflict, errorStatus, invalid, limitExceeded, notFound } from '../../src/platform/errors.js';
import { isOutage } from '../../src/platform/outage.js';
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
    ['a broken-off transaction', withCode('25P03'), 503, 'UNAVAILABLE'],
  ])('%s', (_what, error, status, code) => {
    expect(toPublicError(error)).toMatchObject({ status, code });
  });

  test.each([
    ...['53100', '53200', '53300', '53400', '57P01', '57P02', '57P03', '57P05', '08000', '08001', '08003', '08004', '08006', '25006', '58030', '28P01', '3D000', '40001', '40P01', '55P03'].map(withCode),
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN'].map(withCode),
    ...[
      'Connection terminated', 'Connection terminated unexpectedly', 'Connection terminated due to connection timeout', 'Query read timeout', 'timeout expired',
      'timeout exceeded when trying to connect', 'Client has encountered a connection error and is not queryable', 'Client was closed and is not queryable',
    ].map((message) => new Error(message)),
    // As PgBouncer words it: without a place in the server's source.
    Object.assign(new Error('server conn crashed?'), { code: '08P01' }),
    new QueryRunnerAlreadyReleasedError(), new QueryRunnerProviderAlreadyReleasedError(),
  ].flatMap((error) => [error, new QueryFailedError('select $1', ['a parameter'], error)]))('calls an outage by that name, whoever words it: %o', (error) => {
    expect(toPublicError(error)).toEqual({ status: 503, code: 'UNAVAILABLE', message: 'the database can not do this now; try again', retryAfterSeconds: 2, isBug: false });
  });

  test.each([
    ['a message of ours that the server cannot read', Object.assign(withCode('08P01'), { routine: 'exec_bind_message' })],
    ['a caller who left amid an upload', Object.assign(new Error('aborted'), { code: 'ECONNRESET' })],
  ])('does not call %s an outage', (_what, error) => {
    expect(isOutage(error)).toBe(false);
    expect(isOutage(new QueryFailedError('select 1', [], error))).toBe(false);
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
