import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';
import type { Settings } from './config.js';

/** One JSON line an event on standard output; keys and payloads are never logged. */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>): Logger {
  return pino({ level: settings.LOG_LEVEL, base: undefined, timestamp: pino.stdTimeFunctions.isoTime, redact: ['req.headers.authorization'] });
}

/** What Nest tells of its own start, module by module and route by route. */
const startContexts = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'GraphQLModule', 'NestApplication', 'NestApplicationContext']);

/** Nest's words, and ours through its Logger, as the same lines. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]) { this.write(startContexts.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest); }
  warn(message: unknown, ...rest: unknown[]) { this.write('warn', message, rest); }
  debug(message: unknown, ...rest: unknown[]) { this.write('debug', message, rest); }
  verbose(message: unknown, ...rest: unknown[]) { this.write('debug', message, rest); }
  fatal(message: unknown, ...rest: unknown[]) { this.write('fatal', message, rest); }
  error(message: unknown, ...rest: unknown[]) { this.write('error', message, rest); }

  /** Nest passes a message or an object of fields, then perhaps a stack or a text, and last the context. */
  private write(level: 'info' | 'warn' | 'debug' | 'fatal' | 'error', message: unknown, rest: unknown[]) {
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const context = texts.pop();
    if (message instanceof Error) this.logger[level]({ context, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ context, ...message }, texts.join(' '));
    else this.logger[level]({ context, ...(texts.length > 0 && { detail: texts.join(' ') }) }, String(message));
  }
}
