/**
 * An async iterator that holds at most one value that was not read yet: a slow reader meets the newest and skips what was
 * overtaken, so that no reader can make the process hold more. `return` ends a `next` that is waiting, which an async
 * generator cannot do.
 */
export class Latest<T> implements AsyncIterableIterator<T> {
  private unread: { value: T } | null = null;
  private waiting: ((result: IteratorResult<T>) => void) | null = null;
  private ended = false;

  constructor(private readonly onEnd: () => void = () => {}) {}

  push(value: T): void {
    if (this.ended) return;
    if (this.waiting) {
      this.waiting({ value, done: false });
      this.waiting = null;
    } else {
      this.unread = { value };
    }
  }

  next(): Promise<IteratorResult<T>> {
    if (this.unread && !this.ended) {
      const { value } = this.unread;
      this.unread = null;
      return Promise.resolve({ value, done: false });
    }
    if (this.ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<T>> {
    if (!this.ended) {
      this.ended = true;
      this.waiting?.({ value: undefined, done: true });
      this.waiting = null;
      this.onEnd();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}
