import { AssayError } from './errors.js';
import type { Json, PageInfo } from './schema.js';

/** A connection of the schema, as far as a document asked for it: nodes, or edges. */
export interface Connection<Node> {
  nodes?: Node[];
  edges?: { node: Node }[];
  pageInfo: Pick<PageInfo, 'hasNextPage' | 'endCursor'>;
}

/** Where a connection is in an answer: `project.softLabels`, or a function that gives it. */
export type ConnectionPath<Data, Node> = string | ((data: Data) => Connection<Node>);

/** The nodes of all pages, each page asked for once the one before is used up. */
export async function* nodesOf<Data, Node>(ask: (after: string | null) => Promise<Data>, path: ConnectionPath<Data, Node>): AsyncGenerator<Node> {
  let after: string | null = null;
  for (;;) {
    const data = await ask(after);
    const { nodes, edges, pageInfo } = typeof path === 'string' ? at<Node>(data, path) : path(data);
    if (nodes) yield* nodes;
    else for (const { node } of edges ?? []) yield node;
    if (!pageInfo.hasNextPage) return;
    if (pageInfo.endCursor == null || pageInfo.endCursor === after) {
      throw new AssayError('the document gives the same page again; it must take $after, pass it to the connection, and ask for pageInfo { hasNextPage endCursor }', { code: 'INVALID_INPUT' });
    }
    after = pageInfo.endCursor;
  }
}

function at<Node>(data: unknown, path: string): Connection<Node> {
  const found: Json = path.split('.').reduce<Json>((part, name) => part?.[name], data);
  if (!found?.pageInfo || !(found.nodes ?? found.edges)) {
    throw new AssayError(`there is no connection at ${path}; the document must ask there for nodes { ... } pageInfo { hasNextPage endCursor }`, { code: 'INVALID_INPUT' });
  }
  return found;
}
