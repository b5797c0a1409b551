/** A connection that failed; `isUnsent` where it never stood, so that nothing can have been done. */
export class Broken extends Error {
  constructor(message: string, readonly isUnsent: boolean) {
    super(message);
  }
}

/** Ends an exchange where the caller aborts it, or where nothing is heard for too long. */
export class Watch {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isSilent = false;
  /** Called when the exchange is over, however it ended. */
  onEnd: () => void = () => {};
  private readonly abort = () => this.controller.abort(this.caller!.reason);

  constructor(private readonly caller: AbortSignal | undefined, private patienceMs: number) {
    if (caller?.aborted) this.abort();
    else caller?.addEventListener('abort', this.abort, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Something came or went: the time begins anew. */
  heard(patienceMs = this.patienceMs): void {
    this.patienceMs = patienceMs;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isSilent = true;
      this.controller.abort();
    }, patienceMs);
  }

  /** What a fault of the connection is to be told as. @throws the reason of the caller's signal */
  fault(error: unknown, hide: (text: string) => string): Broken {
    this.end();
    if (this.caller?.aborted) throw this.caller.reason;
    if (this.isSilent) return new Broken(`nothing came for ${this.patienceMs / 1000} s`, false);
    const { message, cause } = error as Error & { cause?: Error & { code?: string } };
    const isUnsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'].includes(cause?.code ?? '');
    return new Broken(hide(cause ? `${message}: ${cause.message || (cause.code ?? '')}` : message), isUnsent);
  }

  pause(): void {
    clearTimeout(this.timer);
  }

  end(): void {
    this.pause();
    this.caller?.removeEventListener('abort', this.abort);
    this.onEnd();
  }

  /** Ends the connection, too. */
  close(): void {
    this.end();
    this.controller.abort();
  }
}

/** An answer whose body is still to be read: by `text` or `pieces`, once. */
export class Answer {
  constructor(private readonly response: Response, private readonly watch: Watch, private readonly hide: (text: string) => string) {}

  get status(): number {
    return this.response.status;
  }

  header(name: string): string | null {
    return this.response.headers.get(name);
  }

  /** The body as it comes. @throws Broken where it ends before its end mark */
  async *pieces(): AsyncGenerator<Uint8Array> {
    const reader = this.response.body?.getReader();
    let isWhole = reader === undefined;
    try {
      while (!isWhole) {
        this.watch.heard();
        const { done, value } = await reader!.read().catch((error: unknown) => { throw this.watch.fault(error, this.hide); });
        // Who reads slowly is not to be taken for a connection that is silent.
        this.watch.pause();
        isWhole = done;
        if (value) yield value;
      }
    } finally {
      if (isWhole) this.watch.end();
      else this.watch.close();
    }
  }

  /** The body as a whole. A refusal that repeats what was sent does so without the key. */
  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const piece of this.pieces()) text += decoder.decode(piece, { stream: true });
    text += decoder.decode();
    return this.status === 200 && !text.includes('"error') ? text : this.hide(text);
  }

  close(): void {
    this.watch.close();
  }
}
