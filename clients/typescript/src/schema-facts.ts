// Made from schema.graphql by generate.mjs; not to be changed by hand.

/** Mutations that heed an idempotency key. Others might be done twice if they were sent again. */
export const keyedMutations: ReadonlySet<string> = new Set([
  'copyAnnotatorPriors',
  'createProject',
  'deleteProject',
  'drawGoldSample',
  'removeAnnotatorPriors',
  'removeGold',
  'requestAgreement',
  'requestAnnotatorActivity',
  'requestAnnotatorAgreement',
  'setAnnotatorPriors',
  'setGold',
  'startRun',
  'submitPredictions',
  'submitVotes',
  'withdrawVotes',
]);

/** The fields of rows, by their types in the schema. */
export const rowInputs = {
  VoteInput: {
    annotator: 'String!',
    class: 'String',
    comment: 'String',
    durationMs: 'Int',
    guidelineVersion: 'String',
    item: 'String!',
    outcome: 'VoteOutcome',
    time: 'DateTime',
    voteId: 'String',
  },
  ItemInput: {
    item: 'String',
    payload: 'JSON',
  },
  GoldInput: {
    class: 'String!',
    item: 'String!',
    reason: 'String',
  },
  PredictionInput: {
    item: 'String!',
    probabilities: '[Float!]!',
  },
} as const;

/** The values of those that are enums. */
export const rowEnums: Readonly<Record<string, readonly string[]>> = {
  VoteOutcome: ['CANNOT_LABEL', 'CLASS', 'SKIP', 'UNSURE'],
};
