import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Controller, Get, RequestMethod, Req, Res } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { graphqlRoutes } from '../graphql/graphql.reference.js';
import { Described, json, OPERATIONS_METADATA, text, type Operation } from '../openapi.js';
import { OpenToAll, SCOPE_METADATA, type Scope } from '../principal.js';
import { openApiDocument, type Route } from './document.js';

const etag = { etag: { description: 'Of this text.', schema: text() } };
const reference: Operation = {
  id: 'reference', tag: 'reference', summary: 'This document.', description: 'The same for all callers, for as long as a process runs.',
  parameters: [{ name: 'if-none-match', in: 'header', description: 'The etag of the text one has.', schema: text() }],
  answers: { 200: json('The routes, by OpenAPI 3.1.', { type: 'object' }, { headers: etag }), 304: { description: 'It is the text one has.', headers: etag } },
};

/** The reference of all routes, of what each tells of itself. It is of the program alone, so that it is told without a key, as its text in the repository is. */
@Controller()
export class OpenApiController {
  private made?: { text: string; etag: string };

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  @Get('openapi.json')
  @OpenToAll()
  @Described(reference)
  document(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): string | undefined {
    const { text, etag } = (this.made ??= this.make());
    // Kept, and asked about before it is used again: the next release may have another.
    void reply.header('etag', etag).header('cache-control', 'public, no-cache');
    const known = request.headers['if-none-match']?.split(',').map((one) => one.trim().replace(/^W\//, ''));
    if (known?.some((one) => one === etag || one === '*')) return void reply.status(304);
    void reply.type('application/json; charset=utf-8');
    return text;
  }

  private make(): { text: string; etag: string } {
    const text = JSON.stringify(openApiDocument([...this.routes(), ...graphqlRoutes], packageVersion()));
    return { text, etag: `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"` };
  }

  /** @throws Error where a route tells nothing of itself */
  private routes(): Route[] {
    return this.discovery.getControllers().flatMap(({ instance, metatype }) => {
      const prefix = Reflect.getMetadata('path', metatype!) as string;
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name): Route[] => {
        const handler = prototype[name]!;
        const patterns = [Reflect.getMetadata('path', handler) as string | string[] | undefined ?? []].flat();
        if (patterns.length === 0) return [];
        const operations = Reflect.getMetadata(OPERATIONS_METADATA, handler) as Operation[] | undefined;
        if (!operations) throw new Error(`${metatype!.name}.${name} tells nothing of itself (use @Described)`);
        const method = RequestMethod[Reflect.getMetadata('method', handler) as number]!.toLowerCase() as Route['method'];
        const scope = Reflect.getMetadata(SCOPE_METADATA, handler) as Scope | 'open';
        return operations.map((operation) => ({ method, scope, operation, pattern: `/${prefix}/${patterns[0]!}`.replace(/\/+/g, '/') }));
      });
    });
  }
}

/** Of the package that this file is in, from the sources or built. */
function packageVersion(): string {
  for (let folder = new URL('./', import.meta.url); ; folder = new URL('../', folder)) {
    const file = new URL('package.json', folder);
    if (existsSync(file) || folder.pathname === '/') return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }
}
