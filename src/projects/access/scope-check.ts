import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { SCOPE_METADATA } from '../../platform/principal.js';

/** Nest's own marks of a root operation and of a route. */
const OPERATION = 'graphql:resolver_type';
const ROUTE = 'path';

/** At start: every query, mutation, subscription and route says what scope it needs, or the process does not start. */
@Injectable()
export class ScopeCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const open: string[] = [];
    for (const { instance, metatype } of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      if (!metatype || typeof instance !== 'object' || instance == null) continue;
      for (const name of this.scanner.getAllMethodNames(Object.getPrototypeOf(instance) as object)) {
        const handler = (instance as Record<string, unknown>)[name] as object;
        const operation: unknown = Reflect.getMetadata(OPERATION, handler);
        const isRoot = operation === 'Query' || operation === 'Mutation' || operation === 'Subscription' || Reflect.hasMetadata(ROUTE, handler);
        if (isRoot && !this.reflector.getAllAndOverride(SCOPE_METADATA, [handler as never, metatype as never])) open.push(`${metatype.name}.${name}`);
      }
    }
    if (open.length > 0) throw new Error(`these operations declare no scope (use @RequiresScope): ${open.join(', ')}`);
  }
}
