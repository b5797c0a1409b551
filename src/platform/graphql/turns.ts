import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, Kind, type FragmentDefinitionNode, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { LANE_HEADER } from '../http/annex.js';
import { toPublicError } from '../http/public-error.js';
import type { WorkLanes } from '../lanes/work-lanes.js';
import type { Lane } from '../place.js';
import { scopeOf, type Scope } from '../principal.js';
import { spanned } from '../trace.js';
import type { RequestContext } from '../request-context.js';

/** What must go on, whoever reads. */
const LABELLING: ReadonlySet<Scope> = new Set(['votes:write', 'assignment']);

/** Each operation by HTTP takes its turn twice: to be checked, which httpContext begins, and to be worked on, by its kind. */
export function takeTurns(lanes: WorkLanes, isAnnex: boolean): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, contextValue }) {
          contextValue.endTurn();
          const { place, principal, budget } = contextValue;
          // Without an operation, or with several and no name, Apollo refuses what comes.
          if (!place || !principal || !operation) return;
          const fragments = new Map(document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])));
          place.lane = laneOf(schema, operation, fragments);
          try {
            contextValue.endTurn = await spanned('turn', {}, () => lanes.enter(place.lane, principal.workspaceId, contextValue.weight, budget?.signal));
          } catch (error) {
            throw refusedByDoor(error, contextValue.requestId);
          }
        },
        async willSendResponse({ contextValue, response }) {
          contextValue.endTurn();
          if (isAnnex && contextValue.place) response.http.headers.set(LANE_HEADER, contextValue.place.lane);
        },
      };
    },
  };
}

/** What Apollo answers with the error's own status: it would answer 500 to what happens before an operation is executed. */
export function refusedByDoor(error: unknown, requestId: string): GraphQLError {
  const { status, code, message, retryAfterSeconds } = toPublicError(error);
  // Headers that are undefined would have Apollo take this for no head at all, and answer 500.
  const http = { status, ...(retryAfterSeconds != null && { headers: new HeaderMap([['retry-after', String(retryAfterSeconds)]]) }) };
  return new GraphQLError(message, { originalError: error as Error, extensions: { code, requestId, retryAfterSeconds, http } });
}

/** Votes and next items, where all that the operation asks for is of them. */
function laneOf(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Lane {
  const fields = schema.getRootType(operation.operation)!.getFields();
  const isLabelling = ({ selections }: SelectionSetNode): boolean => selections.every((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return isLabelling(selection.selectionSet);
    if (selection.kind === Kind.FRAGMENT_SPREAD) return isLabelling(fragments.get(selection.name.value)!.selectionSet);
    const field = fields[selection.name.value];
    const scope = field && scopeOf(field);
    return scope != null && LABELLING.has(scope);
  });
  return isLabelling(operation.selectionSet) ? 'votes' : 'reads';
}
