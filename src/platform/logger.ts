import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Settings } from './config.js';
import { describeError } from './logged-error.js';

/**
 * One JSON line an event on standard output. No parameter, payload, key or id of a caller's data is in any: of errors, what
 * describeError keeps; of requests, the route and not its address; and whoever logs a text puts none of these in.
 */
export function createLogger(settings: Pick<Settings, 'LOG_LEVEL'>, to?: DestinationStream): Logger {
  return pino({
    level: settings.LOG_LEVEL, base: undefined, timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: describeError, req: ({ method }: { method?: string }) => ({ method }) },
    hooks: {
      // Fastify logs an error as itself or with its words as the line's; both are the error's own.
      logMethod(line, method) {
        const [first, second] = line as [unknown, unknown?];
        const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err;
        if (first instanceof Error) return method.call(this, { err: first } as never, describeError(first).message);
        if (error instanceof Error && (second === undefined || second === error.message)) return method.call(this, first as never, describeError(error).message);
        return method.apply(this, line);
      },
    },
  }, to ?? pino.destination(1));
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

  /** Nest passes a message or an object of fields, then perhaps a stack or a text, and last the context. An error's own words and stack it may pass as texts. */
  private write(level: 'info' | 'warn' | 'debug' | 'fatal' | 'error', message: unknown, rest: unknown[]) {
    const error = [message, ...rest].find((part) => part instanceof Error);
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const context = texts.pop();
    const stack = texts.find((text) => /^ {4}at /m.test(text));
    if (error) this.logger[level]({ context, err: error });
    else if (typeof message === 'object' && message !== null) this.logger[level]({ context, ...message }, texts.join(' '));
    else if (stack != null) this.logger[level]({ context, err: Object.assign(new Error(String(message)), { stack }) });
    else this.logger[level]({ context, ...(texts.length > 0 && { detail: texts.join(' ') }) }, String(message));
  }
}
