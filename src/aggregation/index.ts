/** The one door of the aggregation library: pure, no I/O, usable on its own. */
export { aggregate, type AggregateRequest } from './aggregate.js';
export type * from './method.js';
export { findMethod, methods } from './methods.js';
export { resolveOptions } from './options.js';
export { answerModels, crowdOptions, simulateCrowd, type CrowdOptions, type CrowdParameters, type SimulatedCrowd } from './simulate.js';
export { VoteTable, type CandidateSets, type VoteColumns } from './vote-table.js';
export { votes, type NamedVotes, type VoteRow } from './votes.js';
