import { createSourceEventStream, execute, GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { Budget, type Limits } from '../budget.js';
import { inPlace, type Place } from '../place.js';
import { RequestContext } from '../request-context.js';

/**
 * A subscription whose every message is an execution of its own, with a budget of its own and nothing remembered of the messages
 * before: graphql-js would answer all of them in one context, whose loaders keep what they have read.
 */
export async function subscribeByMessage(args: ExecutionArgs, limits: Limits): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const { requestId, principal } = args.contextValue as RequestContext;
  const place: Place = { lane: 'reads', workspaceId: principal?.workspaceId ?? 0 };
  const events = await inPlace(place, () => createSourceEventStream(args));
  if (!(Symbol.asyncIterator in events)) return events;
  const iterator = events[Symbol.asyncIterator]();

  const answer = async (event: unknown): Promise<ExecutionResult> => {
    const budget = new Budget(limits);
    const contextValue = new RequestContext(requestId, principal, null, budget);
    try {
      const result = await inPlace(place, () => execute({ ...args, rootValue: event, contextValue }));
      const { refusal } = budget;
      return refusal ? { errors: [new GraphQLError(refusal.message, { originalError: refusal })] } : result;
    } finally {
      budget.end();
    }
  };
  // By hand: a generator that waits for an event cannot be ended before the event comes.
  const messages: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const { value, done } = await iterator.next();
      return done ? { value: undefined, done } : { value: await answer(value), done: false };
    },
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => messages,
  };
  return messages;
}
