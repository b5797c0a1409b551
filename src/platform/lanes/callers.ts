import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { Config } from '../config.js';
import { AssayError } from '../errors.js';
import { refusedCalls, requestsUnderWay } from '../metrics.js';
import type { Principal } from '../principal.js';
import type { Admission } from '../request-context.js';

/** What a request is, as far as limits go: a call is answered from memory, files come and go as streams. */
export type CallKind = 'call' | 'upload' | 'download';

/** What a key, or a workspace, has under way in this process. */
interface Usage {
  call: number;
  upload: number;
  download: number;
  bytes: number;
}

const WINDOW_SECONDS = 60;
const RETRY_SECONDS = 1;

/**
 * Who calls, and how much of this process each has in use: a key that asks for more than its share is refused at the door,
 * before its body is read, whatever the others do.
 */
@Injectable()
export class Callers implements OnApplicationShutdown {
  private readonly keys = new Map<number, Usage>();
  private readonly workspaces = new Map<number, Usage>();
  /** Counts; what is too much differs by key. */
  private readonly rate = new RateLimiterMemory({ points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS });

  private readonly underWay: Record<CallKind, number> = { call: 0, upload: 0, download: 0 };
  private readonly forget = requestsUnderWay.add(() => this.underWay);

  constructor(private readonly config: Config) {}

  onApplicationShutdown(): void {
    this.forget();
  }

  /**
   * @param bytes of its body, as far as it will be held in memory
   * @throws LIMIT_EXCEEDED (429) naming the limit and when to come again
   */
  async admit(principal: Principal, kind: CallKind, bytes: number): Promise<Admission> {
    await this.count(principal);
    const { settings } = this.config;
    const shares: Share[] = [
      { whose: 'this key', usage: usageOf(this.keys, principal.keyId), most: settings[`MAX_${kind.toUpperCase() as Uppercase<CallKind>}S_PER_KEY`], mostBytes: settings.MAX_HELD_BYTES_PER_KEY },
      { whose: 'this workspace', usage: usageOf(this.workspaces, principal.workspaceId), most: settings[`MAX_${kind.toUpperCase() as Uppercase<CallKind>}S_PER_WORKSPACE`], mostBytes: settings.MAX_HELD_BYTES_PER_WORKSPACE },
    ];
    const forgetUnused = () => {
      forget(this.keys, principal.keyId);
      forget(this.workspaces, principal.workspaceId);
    };
    let held = 0;
    const hold = (more: number) => {
      for (const { whose, usage, mostBytes } of shares) {
        // What is alone may be as large as the limits for one call allow.
        if (usage.bytes > 0 && usage.bytes + more > mostBytes) throw refused('bytes', `the calls of ${whose} under way hold ${usage.bytes} bytes, and ${more} more pass ${mostBytes}; send fewer at once`);
      }
      held += more;
      for (const { usage } of shares) usage.bytes += more;
    };
    try {
      for (const { whose, usage, most } of shares) {
        if (usage[kind] >= most) throw refused(`${kind}s`, `${whose} has ${counted(most, kind)} under way, the most it may have; wait for one to end`);
      }
      hold(bytes);
    } catch (error) {
      forgetUnused();
      throw error;
    }
    for (const { usage } of shares) usage[kind]++;
    this.underWay[kind]++;
    let isIn = true;
    const leave = () => {
      if (!isIn) return;
      isIn = false;
      this.underWay[kind]--;
      for (const { usage } of shares) {
        usage[kind]--;
        usage.bytes -= held;
      }
      forgetUnused();
    };
    return { hold: (more) => { if (isIn) hold(more); }, leave };
  }

  private async count({ keyId, callsPerMinute }: Principal): Promise<void> {
    const most = callsPerMinute ?? this.config.settings.CALLS_PER_MINUTE_PER_KEY;
    const { consumedPoints, msBeforeNext } = await this.rate.consume(keyId);
    if (consumedPoints <= most) return;
    throw refused('rate', `this key may make ${counted(most, 'call')} a minute; the next minute begins in ${Math.ceil(msBeforeNext / 1000)} s`, Math.ceil(msBeforeNext / 1000));
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

interface Share {
  whose: string;
  usage: Usage;
  most: number;
  mostBytes: number;
}

function refused(limit: string, message: string, retryAfterSeconds = RETRY_SECONDS): AssayError {
  refusedCalls.inc({ limit });
  return new AssayError('LIMIT_EXCEEDED', message, { status: 429, retryAfterSeconds: Math.max(1, retryAfterSeconds) });
}

function usageOf(all: Map<number, Usage>, id: number): Usage {
  let usage = all.get(id);
  if (!usage) all.set(id, usage = { call: 0, upload: 0, download: 0, bytes: 0 });
  return usage;
}

/** What is not in use takes no memory, however many keys there are. */
function forget(all: Map<number, Usage>, id: number): void {
  const usage = all.get(id);
  if (usage && usage.call + usage.upload + usage.download === 0) all.delete(id);
}
