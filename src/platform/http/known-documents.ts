/** Documents that one workspace is known by. More are hardly in use, and whoever makes them up puts out none but its own. */
const MOST_DOCUMENTS = 200;
const LONGEST_DOCUMENT = 10_000;

/**
 * Which GraphQL documents ask for labelling alone, as answers have told: clients send the same few again and again, so that what
 * to do with a call is known without reading its document, which anybody could make costly.
 */
export class KnownDocuments {
  private readonly known = new Map<number, Set<string>>();

  /** @param body of a call, as it came. @returns what `has` and `learn` take; null for what is no call of one short document */
  static of(body: Buffer): string | null {
    try {
      const { query, operationName } = JSON.parse(body.toString('utf8')) as { query?: unknown; operationName?: unknown };
      if (typeof query !== 'string' || query.length > LONGEST_DOCUMENT) return null;
      return `${typeof operationName === 'string' ? operationName : ''}\0${query}`;
    } catch {
      return null;
    }
  }

  has(workspaceId: number, document: string): boolean {
    const mine = this.known.get(workspaceId);
    if (!mine?.delete(document)) return false;
    // To the end again: the first is the one that was not asked for longest.
    mine.add(document);
    return true;
  }

  learn(workspaceId: number, document: string): void {
    let mine = this.known.get(workspaceId);
    if (!mine) this.known.set(workspaceId, mine = new Set());
    mine.add(document);
    if (mine.size > MOST_DOCUMENTS) mine.delete(mine.values().next().value!);
  }
}
