import { HttpException } from '@nestjs/common';
import { AssayError } from '../errors.js';
import { isOutage, sqlState } from '../outage.js';

export interface PublicError {
  status: number;
  code: string;
  message: string;
  field?: string;
  retryAfterSeconds?: number;
}

/** THE one place where an error becomes what a caller sees. Whatever is not known is INTERNAL, told only to the log. */
export function toPublicError(error: unknown): PublicError & { isBug: boolean } {
  if (error instanceof AssayError) {
    const { field, retryAfterSeconds } = error.details;
    return { status: error.status, code: error.code, message: error.message, field, retryAfterSeconds, isBug: false };
  }
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const message = /^Cannot [A-Z]+ \//.test(error.message) ? `there is no route ${error.message.slice('Cannot '.length)}; GET /openapi.json lists those there are, and docs/api.md tells of them` : error.message;
    return { status, code: codeForStatus(status), message, isBug: status >= 500 };
  }
  const fastifyStatus = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof fastifyStatus === 'number' && fastifyStatus >= 400 && fastifyStatus < 500) {
    return { status: fastifyStatus, code: codeForStatus(fastifyStatus), message: (error as Error).message, isBug: false };
  }
  if (sqlState(error) === '57014') {
    return { status: 503, code: 'LIMIT_EXCEEDED', message: 'the answer took longer than this server allows; ask for less', isBug: false };
  }
  if (isOutage(error)) {
    return { status: 503, code: 'UNAVAILABLE', message: 'the database can not do this now; try again', retryAfterSeconds: 2, isBug: false };
  }
  return { status: 500, code: 'INTERNAL', message: 'an internal fault; it was logged under the request id', isBug: true };
}

function codeForStatus(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  if (status === 404) return 'NOT_FOUND';
  if (status === 409) return 'CONFLICT';
  if (status === 413 || status === 429) return 'LIMIT_EXCEEDED';
  return status >= 500 ? 'INTERNAL' : 'INVALID_INPUT';
}
