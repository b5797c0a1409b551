import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { byIndex } from '../database/by-index.js';
import { invalid, limitExceeded } from '../errors.js';

/** Relay's four, without offsets: pages stay stable while rows are being added. */
@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: 'The first 1 to 1,000 edges; 100 when neither first nor last is given.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only edges behind this cursor.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'The last 1 to 1,000 edges.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only edges before this cursor.' })
  before?: string | null;
}

@ObjectType()
export class PageInfo {
  @Field(() => Boolean) hasNextPage: boolean;
  @Field(() => Boolean) hasPreviousPage: boolean;
  @Field(() => String, { nullable: true }) startCursor: string | null;
  @Field(() => String, { nullable: true }) endCursor: string | null;
}

export interface EdgeOf<T> {
  cursor: string;
  node: T;
}

export interface ConnectionOf<T> {
  edges: EdgeOf<T>[];
  nodes: T[];
  pageInfo: PageInfo;
}

/** The connection and edge types of a node type, named `<Node>Connection` and `<Node>Edge`. */
export function connectionType<T>(node: Type<T>, name = node.name): Type<ConnectionOf<T>> {
  @ObjectType(`${name}Edge`)
  class Edge {
    @Field(() => String) cursor: string;
    @Field(() => node) node: T;
  }
  @ObjectType(`${name}Connection`)
  class Connection {
    @Field(() => [Edge]) edges: Edge[];
    @Field(() => [node], { description: 'The nodes of the edges, for callers who need no cursors.' }) nodes: T[];
    @Field(() => PageInfo) pageInfo: PageInfo;
  }
  return Connection;
}

export type KeyPart = number | string;

/** What a cursor may hold for a column; anything else would be a fault of the database's, not of the caller's. */
const fits = {
  int4: (part: unknown) => Number.isInteger(part) && (part as number) >= -(2 ** 31) && (part as number) < 2 ** 31,
  int8: (part: unknown) => Number.isSafeInteger(part),
  float8: (part: unknown) => Number.isFinite(part),
  text: (part: unknown) => typeof part === 'string' && !part.includes('\0') && part.isWellFormed(),
};

/** One column of a keyset order: its SQL expression, the type its cursor value has, and the direction. */
export interface KeyColumn {
  sql: string;
  type: keyof typeof fits;
  descending?: boolean;
}

/** A column of the index before those of the keyset, and SQL for the one value that the page's rows have in it. */
export interface FixedColumn {
  sql: string;
  value: string;
}

/** What a store needs to read one page, and to make the connection of the rows it read. */
export class Keyset<Row> {
  constructor(
    private readonly columns: readonly KeyColumn[],
    private readonly keyOf: (row: Row) => KeyPart[],
  ) {}

  /**
   * SQL for one page: a condition (to be joined by `and`), an order, and a limit of one row more than asked.
   * `parameters` is appended to; columns all run in one direction, so a row comparison uses the index.
   * @param fixed a filter by what an index has before the keyset. It becomes part of the row comparisons and of the order: compared
   * by equality it would leave the planner the choice of another index that has the keyset's order, whose every row it would look at.
   */
  page(args: PageArgs, parameters: unknown[], fixed: readonly FixedColumn[] = []): { where: string; orderBy: string; order: { sql: string; direction: 'ASC' | 'DESC' }[]; limit: number } {
    const { backward, size } = readSize(args);
    const bounds: string[] = [];
    const names = [...fixed, ...this.columns].map(({ sql }) => sql).join(', ');
    const bounded = new Set<boolean>();
    for (const [cursor, side] of [[args.after, 'after'], [args.before, 'before']] as const) {
      if (cursor == null) continue;
      const key = readCursor(cursor, this.columns, side);
      const ahead = (side === 'after') !== Boolean(this.columns[0]!.descending);
      const values = key.map((part, i) => `$${parameters.push(part)}::${this.columns[i]!.type}`);
      bounds.push(`(${names}) ${ahead ? '>' : '<'} (${[...fixed.map(({ value }) => value), ...values].join(', ')})`);
      bounded.add(ahead);
    }
    if (fixed.length > 0) {
      const [columns, values] = [fixed.map(({ sql }) => sql).join(', '), fixed.map(({ value }) => value).join(', ')];
      if (!bounded.has(true)) bounds.push(`(${columns}) >= (${values})`);
      if (!bounded.has(false)) bounds.push(`(${columns}) <= (${values})`);
    }
    const direction = Boolean(this.columns[0]!.descending) !== backward ? 'DESC' : 'ASC';
    const order = [...fixed, ...this.columns].map(({ sql }) => ({ sql, direction } as const));
    return {
      where: bounds.length > 0 ? bounds.join(' and ') : 'true',
      order: [...order],
      orderBy: order.map((column) => `${column.sql} ${direction}`).join(', '),
      limit: size + 1,
    };
  }

  /** One page for a store that is not asked in SQL: strictly between two keys, from the lower end or, descending, from the upper one on; `limit` is one more than asked. */
  stretch(args: PageArgs): { above: KeyPart[] | null; below: KeyPart[] | null; descending: boolean; limit: number } {
    const { backward, size } = readSize(args);
    const runsDown = Boolean(this.columns[0]!.descending);
    const after = args.after == null ? null : readCursor(args.after, this.columns, 'after');
    const before = args.before == null ? null : readCursor(args.before, this.columns, 'before');
    const [above, below] = runsDown ? [before, after] : [after, before];
    return { above, below, descending: runsDown !== backward, limit: size + 1 };
  }

  /** `rows` as the page's SQL gave them: one more than asked tells that there are more. */
  connection<T>(args: PageArgs, rows: Row[], toNode: (row: Row) => T): ConnectionOf<T> {
    const { backward, size } = readSize(args);
    const more = rows.length > size;
    const kept = rows.slice(0, size);
    if (backward) kept.reverse();
    const edges = kept.map((row) => ({ cursor: writeCursor(this.keyOf(row)), node: toNode(row) }));
    return {
      edges,
      nodes: edges.map((edge) => edge.node),
      pageInfo: {
        hasNextPage: backward ? args.before != null : more,
        hasPreviousPage: backward ? more : args.after != null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }
}

function readSize(args: PageArgs): { backward: boolean; size: number } {
  if (args.first != null && args.last != null) throw invalid('give first or last, not both', 'first');
  const name = args.last != null ? 'last' : 'first';
  const size = args.last ?? args.first ?? 100;
  if (size < 1 || size > 1000) throw limitExceeded(`${name} is ${size}; a page has 1 to 1,000 edges`, name);
  return { backward: args.last != null, size };
}

function writeCursor(key: KeyPart[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function readCursor(cursor: string, columns: readonly KeyColumn[], side: string): KeyPart[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === columns.length && columns.every(({ type }, i) => fits[type](key[i]))) {
      return key as KeyPart[];
    }
  } catch {
    // Falls through to the one refusal.
  }
  throw invalid(`${JSON.stringify(cursor.slice(0, 80))} is not a cursor of this connection; use an endCursor or startCursor as it came`, side);
}

/** One page of a TypeORM query whose alias the keyset's columns name, read in the order of the index that has it. */
export async function readPage<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>, keyset: Keyset<Row>, args: PageArgs, fixed: readonly FixedColumn[] = [],
): Promise<ConnectionOf<Row>> {
  const parameters: unknown[] = [];
  const { where, order, limit } = keyset.page(args, parameters, fixed);
  query.andWhere(where.replace(/\$(\d+)/g, ':key$1'), Object.fromEntries(parameters.map((value, i) => [`key${i + 1}`, value])));
  for (const { sql, direction } of order) query.addOrderBy(sql, direction);
  const rows = await byIndex(query.connection, (runner) => query.setQueryRunner(runner).limit(limit).getMany());
  return keyset.connection(args, rows, (row) => row);
}
