import type { DataSource } from 'typeorm';

/** The tables of the public schema as SQL, from PostgreSQL's own catalogue: columns, constraints, indexes, triggers. */
export async function describeTables(source: DataSource): Promise<string> {
  const columns: { table: string; line: string }[] = await source.query(
    `select c.relname as table, format('  %s %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
              case when a.attcollation <> 0 and coll.collname <> 'default' then ' collate "' || coll.collname || '"' else '' end,
              case when a.attnotnull then ' not null' else '' end,
              case when a.attidentity <> '' then ' generated always as identity' when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end) as line
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     left join pg_collation coll on coll.oid = a.attcollation
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'migrations' order by c.relname, a.attnum`,
  );
  const constraints: { table: string; line: string }[] = await source.query(
    `select c.relname as table, format('  constraint %s %s', con.conname, pg_get_constraintdef(con.oid)) as line
     from pg_constraint con join pg_class c on c.oid = con.conrelid
     where c.relnamespace = 'public'::regnamespace and c.relname <> 'migrations' and con.contype <> 'n' order by c.relname, con.conname`,
  );
  const after: { table: string; line: string }[] = await source.query(
    `select c.relname as table, pg_get_indexdef(i.indexrelid) || ';' as line
     from pg_index i join pg_class c on c.oid = i.indrelid join pg_class ic on ic.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace and c.relname <> 'migrations' and not exists (select from pg_constraint con where con.conindid = i.indexrelid)
     union all
     select c.relname, pg_get_triggerdef(t.oid) || ';' from pg_trigger t join pg_class c on c.oid = t.tgrelid
     where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
     order by 1, 2`,
  );
  const tables = [...new Set(columns.map((row) => row.table))];
  const linesOf = (rows: { table: string; line: string }[], table: string) => rows.filter((row) => row.table === table).map((row) => row.line);
  const made = tables.map((table) => [
    `create table ${table} (\n${[...linesOf(columns, table), ...linesOf(constraints, table)].join(',\n')}\n);`, ...linesOf(after, table),
  ].join('\n'));
  return `-- The tables that the migrations make, read from the catalogue. A test compares; see test/api/schema.test.ts.\n\n${made.join('\n\n')}\n`;
}
