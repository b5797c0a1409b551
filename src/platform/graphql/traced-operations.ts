import type { ApolloServerPlugin } from '@apollo/server';
import { Kind, type DocumentNode, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { SpanStatusCode } from '@opentelemetry/api';
import { errorStatus } from '../errors.js';
import { currentTrace, newSpanBeneath } from '../trace.js';
import type { RequestContext } from '../request-context.js';

const FIELDS_NAMED = 5;

/** Each operation by HTTP is a span within its request's, under the names that the schema has: an operation's own name is the caller's. */
export const traceOperations: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    const trace = currentTrace();
    if (!trace) return;
    const span = newSpanBeneath(trace, 'graphql');
    trace.span = span;
    return {
      async didResolveOperation({ document, operation }) {
        // Without one, or with several and no name, Apollo refuses what comes.
        if (operation) span.updateName(`${operation.operation} ${rootFields(document, operation).slice(0, FIELDS_NAMED).join(', ')}`);
      },
      async willSendResponse({ response, contextValue }) {
        if (contextValue.place) span.setAttribute('assay.lane', contextValue.place.lane);
        const code = response.body.kind === 'single' ? response.body.singleResult.errors?.[0]?.extensions?.code : undefined;
        if (typeof code === 'string') {
          span.setAttribute('error.type', code);
          if (!(code in errorStatus) || errorStatus[code as keyof typeof errorStatus] >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end();
        trace.span = trace.root;
      },
    };
  },
};

/** What a document that was found valid asks for at its root. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode): string[] {
  const names = new Set<string>();
  const fragments = new Map(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one.selectionSet] as const] : [])));
  const look = ({ selections }: SelectionSetNode): void => selections.forEach((selection) => {
    if (selection.kind === Kind.FIELD) names.add(selection.name.value);
    else look(selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : fragments.get(selection.name.value)!);
  });
  look(operation.selectionSet);
  return [...names];
}
