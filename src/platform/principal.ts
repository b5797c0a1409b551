import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Extensions } from '@nestjs/graphql';
import type { GraphQLField } from 'graphql';

export const scopes = ['votes:write', 'results:read', 'assignment', 'project:admin', 'workspace:admin'] as const;

/** What an API key may do. workspace:admin includes all others; project:admin those of its projects. */
export type Scope = (typeof scopes)[number];

/** Who calls: an API key of one workspace, perhaps restricted to one project. */
export interface Principal {
  keyId: number;
  workspaceId: number;
  projectId: number | null;
  scopes: ReadonlySet<Scope>;
  /** The key's own limit; null for the usual one. */
  callsPerMinute: number | null;
}

export function mayUse(principal: Principal, scope: Scope): boolean {
  return principal.scopes.has(scope)
    || principal.scopes.has('workspace:admin')
    || (scope !== 'workspace:admin' && principal.scopes.has('project:admin'));
}

/** Turns an Authorization header into a principal. Declared here, where the GraphQL door needs it; made in projects/. */
export abstract class Authenticator {
  /** @returns null without a header. @throws UNAUTHENTICATED for a header that names no key in force. */
  abstract authenticate(authorization: string | undefined): Promise<Principal | null>;
}

export const SCOPE_METADATA = 'assay:scope';

/** The scope that a query, mutation, subscription or route asks for. Start-up fails where one has none. */
export const RequiresScope = (scope: Scope) => applyDecorators(SetMetadata(SCOPE_METADATA, scope), Extensions({ [SCOPE_METADATA]: scope }));

/** The scope that a root field of the schema asks for. */
export function scopeOf(field: GraphQLField<unknown, unknown>): Scope | undefined {
  return field.extensions[SCOPE_METADATA] as Scope | undefined;
}

/** For the routes that tell nothing: health and metrics. */
export const OpenToAll = () => SetMetadata(SCOPE_METADATA, 'open');
