import { Answer, Watch } from './answer.js';

export interface Asked {
  method: 'GET' | 'POST';
  target: string;
  headers: Record<string, string>;
  body?: string | Blob | Uint8Array | AsyncIterable<Uint8Array>;
  signal?: AbortSignal;
  /** Milliseconds to wait for the answer once all is sent; those without a byte otherwise. */
  answerTimeoutMs?: number;
}

/** One service and the key to it, which is held here alone, where nothing shows it. */
export class Wire {
  readonly #key: string;
  /** Without a slash at its end. */
  readonly url: string;

  constructor(url: string, key: string, allowPlainHttp: boolean, private readonly timeoutMs: number, private readonly fetch: typeof globalThis.fetch) {
    this.url = addressOf(url, allowPlainHttp);
    // Never shown: Headers tell a value that they refuse.
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,500}$/.test(key)) throw new TypeError('the key is empty or has characters in it that no key has; it begins with assay_');
    this.#key = key;
  }

  /** A text as it may be shown. */
  readonly hide = (text: string): string => text.replaceAll(this.#key, '[key]');

  authorization(): string {
    return `Bearer ${this.#key}`;
  }

  /** One exchange, up to the headers of the answer. @throws Broken */
  async ask({ method, target, headers, body, signal, answerTimeoutMs = this.timeoutMs }: Asked): Promise<Answer> {
    signal?.throwIfAborted();
    const watch = new Watch(signal, answerTimeoutMs);
    const source = body !== undefined && isStream(body) ? new Source(body, watch) : null;
    const init: object = {
      method, headers: { ...headers, authorization: this.authorization() }, body: source ? source.stream : body, signal: watch.signal,
      // The key goes to this address and no other. Not 'error', which could not be told from a fault of the connection.
      redirect: 'manual', credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer',
      ...(source ? { duplex: 'half' } : {}),
    };
    try {
      const { fetch } = this;
      const response = await fetch(this.url + target, init);
      watch.heard(this.timeoutMs);
      return new Answer(response, watch, this.hide);
    } catch (error) {
      // Not to be taken for a fault of the connection, after which it would be sent again.
      if (source?.fault) {
        watch.close();
        throw source.fault.error;
      }
      throw watch.fault(error, this.hide);
    }
  }
}

/** A body that is sent while it is read, and never held as a whole. */
class Source {
  fault: { error: unknown } | null = null;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>, watch: Watch) {
    if (!canStream()) throw new TypeError('this browser sends no stream with fetch; give a Blob, such as a File, which it reads piece by piece as well');
    const iterator = pieces[Symbol.asyncIterator]();
    let isOver = false;
    // An answer may come before all is sent, and not all who read a body end when its exchange does.
    watch.onEnd = () => {
      isOver = true;
      void iterator.return?.().catch(() => {});
    };
    this.stream = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { done, value } = await iterator.next();
          if (isOver || watch.signal.aborted) throw new Error('the exchange is over');
          watch.heard();
          if (done) controller.close();
          else controller.enqueue(bytes(value));
        } catch (error) {
          if (!isOver && !watch.signal.aborted) this.fault = { error };
          controller.error(error);
          watch.onEnd();
        }
      },
      cancel: () => { watch.onEnd(); },
    }, { highWaterMark: 0 });
  }
}

function isStream(body: NonNullable<Asked['body']>): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}

function bytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece;
  throw new TypeError(`a stream of a file gives bytes (Uint8Array), not ${typeof piece}; text is made bytes by a TextEncoderStream`);
}

let isAbleToStream: boolean | undefined;

/** Browsers that cannot would send "[object ReadableStream]": they give it the type of a text, and do not look at duplex. */
function canStream(): boolean {
  return isAbleToStream ??= looksAtDuplex();
}

function looksAtDuplex(): boolean {
  let isAskedFor = false;
  const request = new Request('http://127.0.0.1/', { method: 'POST', body: new ReadableStream(), get duplex() { isAskedFor = true; return 'half'; } } as RequestInit);
  return isAskedFor && !request.headers.has('content-type');
}

/** @throws TypeError for an address to which no key should go */
function addressOf(url: string, allowPlainHttp: boolean): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError('the url is an address such as https://assay.example.org');
  }
  const { protocol, hostname, username, password, search, hash } = parsed;
  if (!['http:', 'https:'].includes(protocol) || username || password || search || hash) {
    throw new TypeError('the url is an address such as https://assay.example.org, without names, passwords and parameters in it');
  }
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
  if (protocol === 'http:' && !isLoopback && !allowPlainHttp) {
    throw new TypeError(`the key would go to ${hostname} unencrypted; take https, or say allowPlainHttp: true where the way there is safe`);
  }
  return parsed.href.replace(/\/+$/, '');
}

