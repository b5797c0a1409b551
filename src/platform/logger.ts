import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Settings } from './config.js';

/** One JSON line an event on standard output; keys and payloads are never logged. */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>): Logger {
  return pino({ level: settings.LOG_LEVEL, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: ['req.headers.authorization'] });
}

/** Nest's own words through the same lines. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string) { this.write('info', message, context); }
  warn(message: unknown, context?: string) { this.write('warn', message, context); }
  debug(message: unknown, context?: string) { this.write('debug', message, context); }
  verbose(message: unknown, context?: string) { this.write('debug', message, context); }
  fatal(message: unknown, ...rest: unknown[]) { this.write('fatal', message, ...rest); }
  error(message: unknown, ...rest: unknown[]) { this.write('error', message, ...rest); }

  /** Nest passes (message, [stack], context); messages may be objects with an `err`. */
  private write(level: 'info' | 'warn' | 'debug' | 'fatal' | 'error', message: unknown, ...rest: unknown[]) {
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const context = texts.at(-1);
    if (typeof message === 'object' && message !== null && !(message instanceof Error)) {
      this.logger[level]({ context, ...message }, texts.length > 1 ? texts[0] : undefined);
    } else {
      this.logger[level]({ context, ...(message instanceof Error ? { err: message } : {}) }, message instanceof Error ? message.message : String(message));
    }
  }
}
