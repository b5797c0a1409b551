import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { Settings } from '../config.js';
import { estimateCost } from './query-cost.js';
import type { RequestContext } from '../request-context.js';

/** Refusals of a document for its form. Reported, not thrown: a caller's fault is 400, never 500. */
export function documentLimits(settings: Settings): ValidationRule[] {
  const reported = {
    propagateOnRejection: false,
    exposeLimits: true,
    onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(tooMuch(error.message.replace(/^Syntax Error: /, '')))],
  };
  return [
    maxDepthRule({ ...reported, n: settings.MAX_QUERY_DEPTH, flattenFragments: true, ignoreIntrospection: true }),
    maxAliasesRule({ ...reported, n: settings.MAX_QUERY_ALIASES }),
    maxDirectivesRule({ ...reported, n: settings.MAX_QUERY_DIRECTIVES }),
  ];
}

/** Refuses an operation by its estimated number of fields, and introspection by anonymous callers. */
export function costLimit(maximum: number): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ request, document, contextValue }) {
          if (!contextValue.principal && introspects(document.definitions)) {
            throw new GraphQLError('introspection needs an API key: Authorization: Bearer assay_...', {
              extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } },
            });
          }
          const cost = estimateCost(document, request.operationName, request.variables ?? {});
          if (cost > maximum) {
            throw tooMuch(`the operation costs ${cost} by estimate, more than ${maximum}; ask for smaller pages or fewer fields`);
          }
        },
      };
    },
  };
}

function introspects(definitions: readonly object[]): boolean {
  return /"value":"__(schema|type)"/.test(JSON.stringify(definitions, (key, value: unknown) => (key === 'loc' ? undefined : value)));
}

function tooMuch(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}
