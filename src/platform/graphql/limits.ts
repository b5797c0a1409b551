import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { ApolloServerPlugin } from '@apollo/server';
import { getIntrospectionQuery, GraphQLError, parse, type DocumentNode, type GraphQLSchema, type ValidationContext, type ValidationRule } from 'graphql';
import type { Settings } from '../config.js';
import { estimateCost } from './query-cost.js';
import type { RequestContext } from '../request-context.js';

/** So many times the whole schema may be asked for by one operation. */
const WHOLE_SCHEMAS = 2;

/** Refusals of a document for its form. Reported, not thrown: a caller's fault is 400, never 500. */
export function documentLimits(settings: Settings): ValidationRule[] {
  const reported = {
    propagateOnRejection: false,
    exposeLimits: true,
    onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(tooMuch(error.message.replace(/^Syntax Error: /, '')))],
  };
  return [
    maxDepthRule({ ...reported, n: settings.MAX_QUERY_DEPTH, flattenFragments: true, ignoreIntrospection: true }),
    maxAliases(settings.MAX_QUERY_ALIASES),
    maxDirectivesRule({ ...reported, n: settings.MAX_QUERY_DIRECTIVES }),
  ];
}

/** Of whatever fields: the library that goes with the others leaves out __typename, and all that is called so. */
function maxAliases(most: number): ValidationRule {
  return (context) => {
    let count = 0;
    return {
      Field: ({ alias }) => { if (alias) count++; },
      Document: { leave: () => { if (count > most) context.reportError(tooMuch(`the document has ${count} aliases, more than ${most}; ask with several operations`)); } },
    };
  };
}

/** Refuses an operation by its estimated cost, before it runs. */
export function costLimit(maximum: number): ApolloServerPlugin<RequestContext> {
  const check = operationCheck(maximum);
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, request, document, contextValue }) {
          const { cost, refusal } = check(schema, document, request.operationName, request.variables ?? {});
          if (refusal) throw refusal;
          contextValue.weight.cost = cost;
        },
      };
    },
  };
}

export type OperationCheck = (schema: GraphQLSchema, document: DocumentNode, operationName: string | null | undefined, variables: Record<string, unknown>) => { cost: number; refusal: GraphQLError | null };

/** @returns the estimate, and why an operation must not run, with the limit and what to do. */
export function operationCheck(maximum: number): OperationCheck {
  let mostIntrospection: number | undefined;
  return (schema, document, operationName, variables) => {
    const { cost, introspection } = estimateCost(schema, document, operationName, variables);
    const refuse = (message: string) => ({ cost, refusal: tooMuch(message) });
    if (cost > maximum) {
      return refuse(`the operation costs ${cost} by estimate, more than ${maximum}; ask for smaller pages (first: 20, say), fewer fields, or in several operations`);
    }
    if (introspection > 0) {
      mostIntrospection ??= WHOLE_SCHEMAS * estimateCost(schema, parse(getIntrospectionQuery({ inputValueDeprecation: true })), null, {}).introspection;
      if (introspection > mostIntrospection) {
        return refuse(`what the operation asks of the schema costs ${introspection} by estimate, more than ${mostIntrospection}; ask with the usual introspection query, once`);
      }
    }
    return { cost, refusal: null };
  };
}

export function tooMuch(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}
