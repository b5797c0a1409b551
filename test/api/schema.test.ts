import { readFileSync, writeFileSync } from 'node:fs';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generated } from '../../clients/typescript/generate.mjs';
import { describeTables } from '../setup/describe-tables.js';
import { startService, type Service } from '../setup/service.js';

let service: Service;
beforeAll(async () => { service = await startService(); });
afterAll(() => service.stop());

/** The files are reviewed with each change: `UPDATE_SCHEMAS=1 npx vitest run test/api/schema.test.ts` writes them anew. */
function checkedIn(name: string, now: string): string {
  const file = new URL(`../../${name}`, import.meta.url);
  if (process.env.UPDATE_SCHEMAS) writeFileSync(file, now);
  return readFileSync(file, 'utf8');
}

it('schema.graphql is the schema that is served', () => {
  const now = `${printSchema(lexicographicSortSchema(service.app.get(GraphQLSchemaHost).schema))}\n`;
  expect(now).toBe(checkedIn('schema.graphql', now));
});

it('the TypeScript client has the types of the schema that is served', () => {
  const files = generated(printSchema(lexicographicSortSchema(service.app.get(GraphQLSchemaHost).schema)));
  for (const [name, now] of Object.entries(files)) expect(now).toBe(checkedIn(`clients/typescript/src/${name}`, now));
});

it('openapi.json is the reference that is served', async () => {
  const { body } = await service.http().get('/openapi.json').expect(200);
  const now = `${JSON.stringify(body, null, 2)}\n`;
  expect(now).toBe(checkedIn('openapi.json', now));
});

it('migrations/schema.sql tells the tables that the migrations make', async () => {
  const now = await describeTables(service.source);
  expect(now).toBe(checkedIn('migrations/schema.sql', now));
});

it('every type, field, argument and value a caller meets is described, or says all by its name', () => {
  const { schema } = service.app.get(GraphQLSchemaHost);
  const fields = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!].flatMap((type) => Object.values(type.getFields()));
  // A name such as createProject needs no words; a list's order or a limit does.
  const silent = fields.filter((field) => !field.description && !/^(create|update|project$|run$|revoke)/.test(field.name)).map((field) => field.name);
  expect(silent).toEqual([]);
});
