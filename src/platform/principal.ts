import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Extensions } from '@nestjs/graphql';
import type { GraphQLField } from 'graphql';
import { AssayError } from './errors.js';
import { excerpt } from './text.js';

export const scopes = ['votes:write', 'results:read', 'assignment', 'project:admin', 'workspace:admin'] as const;

/** What an API key may do. workspace:admin includes all others; project:admin those of its projects. */
export type Scope = (typeof scopes)[number];

/** All that a key for one annotator can have. */
export const annotatorScopes: readonly Scope[] = ['votes:write', 'assignment'];

/** Who calls: an API key of one workspace, perhaps restricted to one project, or to one annotator in it. */
export interface Principal {
  keyId: number;
  workspaceId: number;
  projectId: number | null;
  /** The external id of the one annotator for whom this key may vote and ask; null for any. */
  annotator: string | null;
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

export const ANNOTATOR_METADATA = 'assay:annotator-keys';

/**
 * Lets keys for one annotator in, beside all others of the scope: they are in the hands of that annotator. The handler must let them
 * touch what is that annotator's alone, and answer nothing of anybody else. Without this mark they are refused.
 */
export const ForAnnotatorKeys = () => SetMetadata(ANNOTATOR_METADATA, true);

/** @throws FORBIDDEN where a key for one annotator names another. @param place as the caller knows it: `row 3`, `input.annotator` */
export function requireOwnName({ annotator }: Principal, name: string | null | undefined, place: string, field: string): void {
  if (annotator == null || name == null || name === annotator) return;
  throw new AssayError('FORBIDDEN', `${place} names the annotator ${excerpt(name)}; this key is for ${excerpt(annotator)} alone: name them, or use another key`, { field });
}

/** For the routes that tell nothing: health and metrics. */
export const OpenToAll = () => SetMetadata(SCOPE_METADATA, 'open');
