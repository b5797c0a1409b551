// Made from schema.graphql by generate.mjs; not to be changed by hand.

/** Any JSON. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** The share of an annotator's votes that a run takes to be right. */
export interface Accuracy {
  /** Upper end of the 95% interval. */
  high: number;
  /** Lower end of the 95% interval (Wilson score), as if the true classes were known. */
  low: number;
  /** Mean probability, by the run, of the classes the annotator voted for. With few votes an item it is too high, since each vote bears on its own item. */
  value: number;
}

/** How much another vote on an item would help, by one of the scores that projects and calls may name as their policy. */
export interface AcquisitionScoreInfo {
  first: ScoreEnd;
  id: string;
  /** What the numbers mean, with their range. */
  meaning: string;
  /** Whether it differs between annotators. */
  perAnnotator: boolean;
  /** What it reads; with a question mark what it can do without. */
  reads: string[];
  /** The paper. */
  source: string;
  title: string;
}

export interface ActiveDay {
  /** UTC, as 2026-01-31. */
  day: string;
  votes: number;
}

/** One method, at its defaults, on the votes of a run. */
export interface AdvisedMethod {
  /** Mean share of items on which another of the methods has the same consensus; null where there is no other. */
  agreement: number | null;
  converged: boolean;
  /** What one run costs, by estimate. */
  cost: RunEstimate;
  /** How much less log loss it has on those items than the method that is taken without gold; null for that one, and without gold. */
  gain: Estimated | null;
  /** Null where no item has votes and gold. */
  gold: UnseenGoldScores | null;
  /** What its run took here, on one thread: the one figure that is other each time it is worked out. Null where there is one class. */
  measuredSeconds: number | null;
  method: string;
  /** Null where the votes are too few to leave one out, or there is one class. */
  stability: LabelStability | null;
  version: number;
  warnings: string[];
}

/** A way to turn votes into soft labels. */
export interface AggregationMethodInfo {
  cost: string;
  /** What the method may find beyond these. */
  finds: FindingInfo[];
  /** What startRun calls it. */
  id: string;
  options: MethodOption[];
  /** What `Annotator.quality` means under this method, with its range. */
  quality: string | null;
  /** The findings that are the lower and the upper end of the 95% interval of `quality`, where it has one. */
  qualityInterval: string[] | null;
  /** votes, gold, predictions, warm-start, prior-counts, candidate-sets. */
  reads: string[];
  /** posteriors, quality, confusion, class-priors. */
  returns: string[];
  /** The paper it comes from. */
  source: string;
  title: string;
  /** Raised whenever the same votes may give other bits. */
  version: number;
  /** All versions that can be run, oldest first: those before `version` to repeat earlier runs. Options and texts here are of `version`. */
  versions: number[];
}

export type AgreementBy = 'CLASS' | 'ITEM' | 'OVERALL' | 'PAIR';

/** A percentile interval over resampled items. */
export interface AgreementInterval {
  high: number | null;
  /** Chance that such an interval covers the value. */
  level: number;
  low: number | null;
  replicates: number;
  /** Replicates in which the metric was undefined; the interval is over the others. */
  undefinedReplicates: number;
}

export interface AgreementItem {
  /** 1 minus the mean distance of the item's pairs of votes; of nominal metrics the share of its pairs that agree. */
  agreement: number;
  item: Item;
  votes: number;
}

export interface AgreementItemConnection {
  edges: AgreementItemEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AgreementItem[];
  pageInfo: PageInfo;
}

export interface AgreementItemEdge {
  cursor: string;
  node: AgreementItem;
}

export type AgreementItemOrder = 'AGREEMENT' | 'ITEM';

/** A way to measure how far annotators agree. */
export interface AgreementMetricInfo {
  /** Whether it compares pairs of annotators (PAIR). */
  comparesPairs: boolean;
  /** Whether it compares sets of classes; of votes for single classes it is nominal. */
  comparesSets: boolean;
  /** What requestAgreement calls it. */
  id: string;
  /** No value is below; null where there is no bound. None is above 1. */
  lowest: number | null;
  options: MethodOption[];
  /** At its default options. */
  scale: AgreementScale;
  /** The paper, with year. */
  source: string;
  title: string;
  /** Raised whenever the same votes may give another number. */
  version: number;
}

export interface AgreementPair {
  first: Annotator;
  second: Annotator;
  /** Items both voted on. */
  sharedItems: number;
  /** Null where undefined, as for a kappa of two who both only ever gave the same class. */
  value: number | null;
}

export interface AgreementPairConnection {
  edges: AgreementPairEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AgreementPair[];
  pageInfo: PageInfo;
}

export interface AgreementPairEdge {
  cursor: string;
  node: AgreementPair;
}

export type AgreementPairOrder = 'ANNOTATORS' | 'SHARED_ITEMS' | 'VALUE';

export type AgreementReference = 'CONSENSUS' | 'GOLD';

/** How far annotators agree beyond chance, by one metric. */
export interface AgreementReport extends Node, Report {
  /** How many workers have taken it up; more than 1 after a worker was lost. */
  attempt: number;
  by: AgreementBy[];
  createdAt: string;
  /** Why it failed. */
  failure: string | null;
  finishedAt: string | null;
  id: string;
  /** Items with two votes or more; null until it succeeded, and where ITEM was not asked for. */
  items: AgreementItemConnection | null;
  /** The id of the metric, see agreementMetrics. */
  metric: string;
  metricVersion: number;
  /** Every option of the metric, the defaults included. */
  options: Json;
  /** Null until it succeeded, and where OVERALL was not asked for. */
  overall: OverallAgreement | null;
  /** Pairs of annotators who share an item; null until it succeeded, and where PAIR was not asked for. */
  pairs: AgreementPairConnection | null;
  /** Null until it succeeded, and where CLASS was not asked for. */
  perClass: ClassAgreement[] | null;
  /** When a worker took it up, the first time. */
  startedAt: string | null;
  status: ReportStatus;
  /** Another version of its kind may say otherwise. */
  version: number;
  /** Votes that were selected; null until it succeeded. */
  votes: number | null;
  /** The point of the vote log that it is of: votes and gold answers that came later are not in it. */
  watermark: string;
}

export interface AgreementReportItemsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  order?: AgreementItemOrder;
}

export interface AgreementReportPairsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  order?: AgreementPairOrder;
}

/** What a metric assumes of the classes. */
export type AgreementScale = 'INTERVAL' | 'NOMINAL' | 'ORDINAL' | 'RATIO';

/** Someone or something that votes. */
export interface Annotator extends Node {
  accuracy: Accuracy | null;
  /** What each method says, side by side: of each method the newest run whose results are kept, if it read a vote of the annotator's. */
  byMethod: AnnotatorFigures[];
  /** So many votes and live leases they may have at most; null for any number. */
  capacity: number | null;
  /** Null also where a method has none and there would be too many of them. */
  confusionMatrix: ConfusionMatrix | null;
  /** What a vote of theirs costs, in a unit of your own; 1 by default. */
  cost: number;
  createdAt: string;
  /** The caller's own id, byte for byte as it came. */
  externalId: string;
  /** What the run found about the annotator beyond quality and confusion matrix; empty where that is nothing. */
  findings: Finding[];
  /** What the figures say against the annotator, oldest first. */
  flags: AnnotatorFlag[];
  /** Null where they voted on no item with a gold answer. */
  goldAccuracy: GoldAccuracy | null;
  id: string;
  kind: AnnotatorKind;
  /** The items they hold now, the oldest lease first: for a platform that lost its own memory. */
  leases: Lease[];
  /** Null where nothing is known beforehand. */
  prior: AnnotatorPrior | null;
  /** The method's own measure of skill; its meaning and range are told by aggregationMethods. Null also where the method has none. */
  quality: number | null;
  /** Null before the first look, and without votes. */
  reliability: AnnotatorReliability | null;
  /** The annotator's quality over time, oldest first, by the current run: standing votes in the order of their time (when given, or else received), in windows. Costs a read of the project's vote log. */
  reliabilityTimeline: ReliabilityTimelineConnection;
  status: AnnotatorStatus;
  /** Since when they have their status; null for one that never changed. */
  statusAt: string | null;
  /** Why they are paused or blocked. */
  statusReason: string | null;
  /** How many standing votes of theirs name a class, at this moment. */
  votes: number;
}

export interface AnnotatorAccuracyArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface AnnotatorConfusionMatrixArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface AnnotatorFindingsArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface AnnotatorFlagsArgs {
  /** Also flags that ended or were dismissed. */
  history?: boolean;
}

export interface AnnotatorQualityArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface AnnotatorReliabilityTimelineArgs {
  /** Only windows behind this cursor. */
  after?: string | null;
  /** At most so many windows, 1 to 1,000, and of 10,000 votes together: an hour or day with more is told in parts. */
  first?: number;
  /** Votes a window of VOTES: 10 to 1,000; 50 by default. */
  votes?: number | null;
  window?: TimelineWindow;
}

/** An annotator's selected answers. All but outcomes is of votes for a class. */
export interface AnnotatorActivity {
  /** Days (UTC) with a vote. */
  activeDays: number;
  annotator: Annotator;
  /** Which classes they give, in the order of the project; those that they never gave are left out. */
  classes: ClassGiven[];
  /** Days with a vote and how many, in order of time: the last of them. */
  days: ActiveDay[];
  /** When it was given, or else received; null without votes. */
  firstVoteAt: string | null;
  lastVoteAt: string | null;
  /** Null where no vote tells it. */
  leadTime: LeadTime | null;
  outcomes: OtherOutcomes;
  /** For a class. */
  votes: number;
}

export interface AnnotatorActivityDaysArgs {
  /** 1 to 366. */
  last?: number;
}

export interface AnnotatorActivityConnection {
  edges: AnnotatorActivityEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AnnotatorActivity[];
  pageInfo: PageInfo;
}

export interface AnnotatorActivityEdge {
  cursor: string;
  node: AnnotatorActivity;
}

export type AnnotatorActivityOrder = 'ANNOTATOR' | 'LAST_VOTE' | 'LEAD_TIME' | 'VOTES';

/** What each annotator did: how many votes, for which classes, how fast and when. */
export interface AnnotatorActivityReport extends Node, Report {
  /** Annotators with a selected answer of any outcome; null until it succeeded. */
  annotators: AnnotatorActivityConnection | null;
  /** How many workers have taken it up; more than 1 after a worker was lost. */
  attempt: number;
  createdAt: string;
  /** Why it failed. */
  failure: string | null;
  finishedAt: string | null;
  id: string;
  /** Null until it succeeded, and where no vote tells how long it took. */
  leadTime: LeadTimeDistribution | null;
  /** Selected answers beside them; null until it succeeded. */
  outcomes: OtherOutcomes | null;
  /** When a worker took it up, the first time. */
  startedAt: string | null;
  status: ReportStatus;
  /** Another version of its kind may say otherwise. */
  version: number;
  /** Selected votes for a class; null until it succeeded. */
  votes: number | null;
  /** The point of the vote log that it is of: votes and gold answers that came later are not in it. */
  watermark: string;
  /** Votes that do not tell how long they took; null until it succeeded. */
  withoutLeadTime: number | null;
}

export interface AnnotatorActivityReportAnnotatorsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  order?: AnnotatorActivityOrder;
}

export interface AnnotatorAgreement {
  accuracy: number;
  /** Those of them for its class. */
  agreed: number;
  annotator: Annotator;
  /** Of each class that they gave, or that an item of theirs has in the reference. */
  perClass: ClassQuality[];
  /** Which classes they give in place of others, the most frequent first. */
  topConfusions: ConfusionCount[];
  /** Their votes on items of the reference. */
  votes: number;
}

export interface AnnotatorAgreementTopConfusionsArgs {
  /** 1 to 1,000. */
  first?: number;
}

export interface AnnotatorAgreementConnection {
  edges: AnnotatorAgreementEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AnnotatorAgreement[];
  pageInfo: PageInfo;
}

export interface AnnotatorAgreementEdge {
  cursor: string;
  node: AnnotatorAgreement;
}

export type AnnotatorAgreementOrder = 'ACCURACY' | 'ANNOTATOR';

/** How each annotator's votes compare with gold answers or with a run's consensus. */
export interface AnnotatorAgreementReport extends Node, Report {
  /** Annotators with a vote on an item of the reference; null until it succeeded. */
  annotatorAgreement: AnnotatorAgreementConnection | null;
  /** How many workers have taken it up; more than 1 after a worker was lost. */
  attempt: number;
  createdAt: string;
  /** Why it failed. */
  failure: string | null;
  finishedAt: string | null;
  id: string;
  /** Items of the reference; null until it succeeded. */
  items: number | null;
  reference: AgreementReference;
  /** When a worker took it up, the first time. */
  startedAt: string | null;
  status: ReportStatus;
  /** Another version of its kind may say otherwise. */
  version: number;
  /** Votes on them that were compared. */
  votes: number | null;
  /** The point of the vote log that it is of: votes and gold answers that came later are not in it. */
  watermark: string;
}

export interface AnnotatorAgreementReportAnnotatorAgreementArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  order?: AnnotatorAgreementOrder;
}

export interface AnnotatorConnection {
  edges: AnnotatorEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Annotator[];
  pageInfo: PageInfo;
}

export interface AnnotatorEdge {
  cursor: string;
  node: Annotator;
}

/** A person who was erased: what is left are their votes, under a pseudonym. */
export interface AnnotatorErasure {
  /** As they are called now. */
  annotator: Annotator;
  /** So far, place by place. */
  changed: ChangedRows[];
  /** From then on nothing has their id. */
  erasedAt: string;
  /** When the last of their comments was removed; null while a job is at it. */
  finishedAt: string | null;
  /** Share of the log that was searched for their comments, from 0 to 1. */
  progress: number;
}

export interface AnnotatorErasureConnection {
  edges: AnnotatorErasureEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AnnotatorErasure[];
  pageInfo: PageInfo;
}

export interface AnnotatorErasureEdge {
  cursor: string;
  node: AnnotatorErasure;
}

/** What one method says of an annotator, beside what its figures mean. */
export interface AnnotatorFigures {
  accuracy: Accuracy;
  /** What else the method found about the annotator. */
  findings: Finding[];
  /** What `quality` means under this method, with its range. */
  meaning: string | null;
  method: string;
  /** The method's own measure of skill, with its interval where the method has one. Null where the method has none. */
  quality: Estimated | null;
  run: Run;
}

/** What the figures say against an annotator. A flag ends by itself once it no longer holds. */
export interface AnnotatorFlag {
  /** When somebody dismissed it. */
  dismissedAt: string | null;
  /** When it no longer held. */
  endedAt: string | null;
  /** The flag in words, with its figures. */
  explanation: string;
  kind: AnnotatorFlagKind;
  /** When it was raised. */
  since: string;
  /** What the figure is held against. */
  threshold: number;
  /** The figure, as it was found last. */
  value: number;
}

/** What may be wrong with an annotator of 20 votes or more. */
export type AnnotatorFlagKind = 'BELOW_CHANCE' | 'CHANCE_AGREEMENT' | 'DRIFT' | 'ONE_CLASS' | 'TOO_FAST';

export interface AnnotatorInput {
  /** So many votes and live leases they may have at most, from 0. Null for any number, as for a new annotator where left out; an old one keeps its capacity. */
  capacity?: number | null;
  /** What a vote of theirs costs, above 0: 1 for a new annotator where left out; an old one keeps its cost. */
  cost?: number | null;
  /** The caller's own id: any Unicode but NUL, up to 1,024 bytes. */
  externalId: string;
  /** HUMAN for a new annotator where left out; an old one keeps its kind. */
  kind?: AnnotatorKind | null;
}

/** Who votes. */
export type AnnotatorKind = 'HUMAN' | 'MODEL';

/** What a project knows of an annotator beforehand. Methods that read prior counts (aggregationMethods { reads }) begin with it: as if the annotator had answered so many items whose truth is known. */
export interface AnnotatorPrior {
  /** The share of right answers: as it was given, or as the counts have it. 0 to 1. */
  accuracy: number;
  annotator: Annotator;
  /** When the service wrote it. */
  at: string;
  /** Where confusion counts were given or taken over, in answers: their sum is `votes`. Null for an accuracy, which says nothing of single classes. */
  counts: PriorCount[] | null;
  /** Why, as it was told. */
  reason: string | null;
  /** The run of another project that it was taken from; null where a caller gave it. */
  run: string | null;
  /** How many answers with a known truth it counts as. */
  votes: number;
}

export interface AnnotatorPriorConnection {
  edges: AnnotatorPriorEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AnnotatorPrior[];
  pageInfo: PageInfo;
}

export interface AnnotatorPriorEdge {
  cursor: string;
  node: AnnotatorPrior;
}

/** What is known of one annotator: an accuracy, or counts. */
export interface AnnotatorPriorInput {
  /** The share of right answers to expect of them, 0 to 1: of each class alike, and wrong answers on the others alike. */
  accuracy?: number | null;
  /** The annotator's external id. One who is new becomes known. */
  annotator: string;
  /** Up to 100,000 pairs of classes, each once; what is left out is 0. */
  counts?: PriorCountInput[] | null;
  /** Why: up to 10,000 bytes. */
  reason?: string | null;
  /** How many answers with a known truth this counts as, above 0 to 1,000,000. Left out: 20 for an accuracy, the sum of the counts for counts. */
  votes?: number | null;
}

export interface AnnotatorPriorsPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** One result a row, in the order of the rows; of a copy without names, in the order in which annotators became known to the other project. */
  results: RowResult[];
}

/** What was found when the project's annotators were looked at last: after each run, and every few seconds while votes come in. A pause rule reads the same figures. Null is what is not known (yet). */
export interface AnnotatorReliability {
  /** Estimated share of the annotator's votes that are right: chance, and what informedness adds to it. Unlike `accuracy`, the run's own figure, it does not take an annotator's votes as evidence for themselves, and makes up for what the other votes leave open. */
  accuracy: EstimatedShare | null;
  /** Mean probability of the annotator's answers by what all other votes on their items say: the current run's class priors and confusion matrices, gold where there is any, without the annotator's own votes. Items that nobody else voted on say their class prior. */
  agreement: number | null;
  /** The agreement to expect of answers drawn at random with the same shares of classes, without a look at the items. */
  chance: number | null;
  /** The moment that the figures are of. */
  evaluatedAt: string;
  /** Share of those votes that are right, with the central 95% of Beta(1 + right, 1 + wrong). */
  goldAccuracy: EstimatedShare | null;
  /** Votes on items whose answer is known. */
  goldVotes: number;
  /** Share of the answers that follow what is true of the items: 1 where agreement is as high as that of someone who never errs, 0 where it is that of chance, below 0 where answers are wrong more often than by chance. The slope of the votes on the probabilities that the others give. */
  informedness: number | null;
  /** Median of those times, in seconds. */
  medianSeconds: number | null;
  /** Estimated share of those votes that are right. */
  recentAccuracy: number | null;
  /** Votes of the latest window: the newest 50, or all where there are fewer. */
  recentVotes: number;
  /** Answers without a class: SKIP, UNSURE, CANNOT_LABEL. */
  skips: number;
  /** Votes that came with the time they took. */
  timedVotes: number;
  /** The class that the annotator votes for most; of equal ones the first. */
  topClass: string | null;
  /** Share of the votes that go to it. */
  topClassShare: number | null;
  /** Votes for a class that counted then. */
  votes: number;
}

/** Whether items are given to an annotator. Votes are taken from all of them. */
export type AnnotatorStatus = 'ACTIVE' | 'BLOCKED' | 'PAUSED';

export interface AnnotatorStatusInput {
  /** Their external ids, 1 to 10,000. */
  annotators: string[];
  projectId: string;
  /** Why: up to 1,024 bytes, shown with the status of those paused or blocked and kept in the audit log. */
  reason?: string | null;
}

export interface AnnotatorsInput {
  /** 1 to 10,000 annotators. */
  annotators: AnnotatorInput[];
  projectId: string;
}

export interface AnnotatorsPayload {
  /** One result a row, in the order of the rows. */
  results: RowResult[];
}

/** A key to the API. Its secret is shown once and kept as a hash. */
export interface ApiKey extends Node {
  /** The only annotator of that project for whom it may ask and vote; null for any. */
  annotator: string | null;
  /** How often it may call in a minute; null for as often as any (CALLS_PER_MINUTE_PER_KEY). */
  callsPerMinute: number | null;
  createdAt: string;
  expiresAt: string | null;
  id: string;
  /** To the minute; of its secret now, not of the one before the last rotation. */
  lastUsedAt: string | null;
  name: string;
  /** The visible part: a key reads assay_<prefix>_<secret>. */
  prefix: string;
  /** Until when the secret before the last rotation works as well; null where none does. */
  previousSecretEndsAt: string | null;
  /** The only project it opens; null for all of the workspace. */
  projectId: string | null;
  revokedAt: string | null;
  scopes: Scope[];
}

export interface ApiKeyConnection {
  edges: ApiKeyEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: ApiKey[];
  pageInfo: PageInfo;
}

export interface ApiKeyEdge {
  cursor: string;
  node: ApiKey;
}

export interface ApiKeyInput {
  id: string;
}

export interface ApiKeyPayload {
  apiKey: ApiKey;
}

export interface ApiKeySecretPayload {
  apiKey: ApiKey;
  /** The key itself: shown in this answer only. */
  secret: string;
}

export interface ArchiveProjectInput {
  /** False restores an archived project. */
  archived?: boolean;
  id: string;
}

export type AssignmentKind = 'NEW' | 'RELABEL';

/** One administrative change, or one read of gold or download where the workspace has auditReads; never altered. */
export interface AuditEntry {
  /** The mutation, such as createProject; readGold; or download. */
  action: string;
  /** Whose key did it; null for an operator's command, and for what a project's rule did. */
  apiKeyId: string | null;
  at: string;
  /** What was asked for. */
  detail: Json;
  projectId: string | null;
  requestId: string | null;
}

export interface AuditEntryConnection {
  edges: AuditEntryEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: AuditEntry[];
  pageInfo: PageInfo;
}

export interface AuditEntryEdge {
  cursor: string;
  node: AuditEntry;
}

export interface CancelReportInput {
  id: string;
}

export interface CancelRunInput {
  id: string;
}

/** How many rows were changed in one place. */
export interface ChangedRows {
  /** A table; votes are those whose comment or voteId is gone. */
  place: string;
  rows: number;
}

export interface ClassAgreement {
  class: string;
  value: number | null;
}

export interface ClassGiven {
  class: string;
  /** The class's share of all selected votes, theirs among them. */
  crowdShare: number;
  /** Of their votes. */
  share: number;
  /** Their votes for the class. */
  votes: number;
}

export interface ClassPrior {
  class: string;
  /** How common the class is among the items, by the run. */
  probability: number;
}

export interface ClassQuality {
  class: string;
  /** Their votes for the class. */
  given: number;
  /** Of their votes for the class the share on items of the class; null without such votes. */
  precision: number | null;
  /** Of their votes on items of the class the share for the class; null without such votes. */
  recall: number | null;
  /** Their votes on items of the class. */
  reference: number;
}

export interface ClassShare {
  class: string;
  /** Share of the votes. */
  share: number;
}

/** The items whose confidence is above `low`, up to `high`. */
export interface ConfidenceBin {
  /** Their accuracy: below the confidence where the run is too sure. Null in an empty bin. */
  accuracy: number | null;
  /** Their mean confidence; null in an empty bin. */
  confidence: number | null;
  high: number;
  items: number;
  low: number;
}

/** Two classes that the crowd takes for each other. */
export interface ConfusablePair {
  /** The items that are confused most, up to five. */
  examples: Item[];
  /** The right answer of these items. */
  first: string;
  /** Items with these two answers. */
  items: number;
  /** Beside it, by the confusion matrix of all annotators together: how often a vote on an item of class `first`, any item of it, is for `second`. */
  matrixConfusion: number | null;
  /** Mean confusion probability of these items, 0 to 0.5. */
  meanConfusion: number;
  /** Their plausible wrong answer. */
  second: string;
}

export interface ConfusionCount {
  /** The class they gave. */
  given: string;
  /** The class of the reference. */
  reference: string;
  votes: number;
}

/** P(vote | true class). Classes the annotator never voted for have no row: their probabilities are 0, or, under a method that learns a prior, share what the rows lack of 1. */
export interface ConfusionMatrix {
  /** The true classes: the columns. */
  classes: string[];
  /** Whether the method has no matrices of its own, so that this one follows from its soft labels: the mean of its votes on items of each class. */
  implied: boolean;
  rows: ConfusionRow[];
}

/** One answer of an annotator: how probable it is under each true class. */
export interface ConfusionRow {
  /** Upper ends of the intervals. */
  high: number[] | null;
  /** Lower ends of the 95% intervals (Wilson score) of these probabilities, from the expected votes on items of the class and the pseudo-votes of the prior. Null under methods without a prior that tells them. */
  low: number[] | null;
  /** P(vote | true class), for each true class in the order of `classes`. */
  probabilities: number[];
  /** The class the annotator votes for. */
  vote: string;
}

/** The share of items whose consensus is the gold answer; of an item whose best class is shared by t classes, the answer among them, 1/t. */
export interface ConsensusAccuracy {
  /** Upper end of the 95% interval. */
  high: number;
  /** Lower end of the 95% interval. Without a sample it is that of items drawn with equal chances, which gold of another origin is not. */
  low: number;
  /** With a sample the estimate for all items it was drawn from: each item weighs as much as its chance of being drawn was small (Hajek). Else the plain mean. */
  value: number;
}

export interface CopyAnnotatorPriorsInput {
  /** External ids, the same in both projects, of 1 to 10000 annotators; all whose votes the run read where left out. Those who are new here become known. */
  annotators?: string[] | null;
  /** Another project of the workspace, which knows. */
  fromProjectId: string;
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  kind?: PriorKind;
  /** What is known of an annotator counts as the votes that the run read of them, and as no more than so many. */
  mostVotes?: number;
  /** The project that is to know. */
  projectId: string;
  /** A run of that project that succeeded and whose results are still there; its current one where left out. */
  run?: string | null;
}

export interface CreateApiKeyInput {
  /** Makes it the key of one annotator of that project, by their external id: it may vote and ask for nobody else, and learns nothing of others. Its scopes can be VOTES_WRITE and ASSIGNMENT. */
  annotator?: string | null;
  /** How often it may call in a minute, all operations, uploads and downloads together; as often as any where it is left out. */
  callsPerMinute?: number | null;
  /** From then on the key is refused. */
  expiresAt?: string | null;
  /** What the key is for, for people to read. */
  name: string;
  /** Restricts the key to one project. */
  projectId?: string | null;
  scopes: Scope[];
}

export interface CreateProjectInput {
  /** 2 to 10,000 distinct classes, in the order that probabilities will follow. */
  classes: string[];
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  name: string;
  rules?: ProjectRulesInput | null;
}

export interface CreateProjectPayload {
  project: Project;
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** Classes that are kept apart though they differ by blanks, case, Unicode form or the way a number is written alone, and those that read as if there were no answer (None, NaN). */
  warnings: string[];
}

/** A model as a decision read it. */
export interface DecidingModel {
  model: string;
  /** Whether the model had not seen the items it predicts; one that had counts for more than it should. */
  outOfSample: boolean;
  /** By which its predictions were made less sure (above 1) or surer (below) before they were used: as fits the votes best. */
  temperature: number;
  version: string;
  /** How much it counts beside an annotator: compare with meanAnnotatorWeight. */
  weight: number;
}

export interface DeleteProjectInput {
  /** Once more the project's name, or its id. */
  confirm: string;
  /** The id that the project had. */
  id: string;
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
}

export interface DeleteProjectPayload {
  deletion: ProjectDeletion;
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
}

export interface DeletedProjectInput {
  /** The id that the project had. */
  id: string;
}

/** How far a project is deleted. */
export type DeletionStatus = 'PURGED' | 'PURGING' | 'WAITING';

export interface DismissFlagInput {
  /** The annotator's external id. */
  annotator: string;
  kind: AnnotatorFlagKind;
  projectId: string;
  /** Why, for the audit log: up to 1,024 bytes. */
  reason?: string | null;
}

export interface DismissFlagPayload {
  flag: AnnotatorFlag;
}

export interface DrawGoldSampleInput {
  design: GoldSampleDesign;
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** What is drawn derives from it: 0 or more. */
  seed?: number;
  /** How many items: 1 to 100,000, and no more than the project has without a gold answer. */
  size: number;
}

export interface DrawGoldSamplePayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  sample: GoldSample;
}

export interface EmptyAnswer {
  message: string;
  reason: EmptyReason;
  /** When to ask again; null where asking again does not help until somebody changes something. */
  retryAfterSeconds: number | null;
}

/** Why nextItems gave fewer items than were asked for. */
export type EmptyReason = 'ALL_LEASED' | 'ANNOTATOR_BLOCKED' | 'ANNOTATOR_PAUSED' | 'BUDGET_SPENT' | 'CAPACITY_REACHED' | 'NOTHING_LEFT_FOR_ANNOTATOR' | 'NOT_READY' | 'NO_ITEMS' | 'PROJECT_DONE' | 'STOP_RULE';

export interface EraseAnnotatorInput {
  /** The caller's own id of the person. */
  annotator: string;
  projectId: string;
}

export interface EraseAnnotatorPayload {
  erasure: AnnotatorErasure;
}

/** A number with the interval that holds it in 95% of the cases, where the method has one. */
export interface Estimated {
  high: number | null;
  low: number | null;
  value: number;
}

/** A share as it is estimated, and where it lies with 95% confidence. */
export interface EstimatedShare {
  high: number;
  low: number;
  value: number;
}

/** Something that a method found beyond soft labels; aggregationMethods tells what each method finds. */
export interface Finding {
  /** The class that was found; null where the answer is withheld, and where the finding is a number. */
  class: string | null;
  /** Whether votes that came after the run are counted in. They never are: this is what `run` found. */
  live: boolean;
  /** What it says. */
  meaning: string;
  name: string;
  /** The class or the model that it is about; null where it is about the item, annotator or run it was asked of. */
  of: string | null;
  run: Run;
  /** A boolean is 0 or 1. Null where it is unknown, and where the finding is a class. */
  value: number | null;
}

/** Something that a method finds beyond soft labels. */
export interface FindingInfo {
  /** The findings that are the lower and the upper end of its 95% interval. */
  interval: string[] | null;
  /** Greatest value of a number. */
  max: number | null;
  /** What it says. */
  meaning: string;
  /** Least value of a number. */
  min: number | null;
  name: string;
  per: FindingPer;
  type: FindingType;
}

/** What each of the numbers is about. */
export type FindingPer = 'ANNOTATOR' | 'CLASS' | 'ITEM' | 'MODEL' | 'RUN';

export type FindingType = 'BOOLEAN' | 'CLASS' | 'NUMBER' | 'PROBABILITY';

/** Both ends belong to it; one left out is open. */
export interface FloatRange {
  max?: number | null;
  min?: number | null;
}

/** How often an annotator's votes are the gold answers, at this moment. Unlike `accuracy`, nothing of it is estimated by a run. */
export interface GoldAccuracy {
  /** Standing votes on items with a gold answer. */
  answered: number;
  /** Upper end: the 97.5% point. Below 1 also where every answer is right: nobody is known to be perfect. */
  high: number;
  /** Lower end of the 95% interval of the accuracy behind the share: the 2.5% point of Beta(1 + right, 1 + wrong), as it is with every accuracy as likely beforehand. */
  low: number;
  /** Those of them that name the gold answer. */
  right: number;
  /** right / answered. */
  value: number;
}

/** The right class of an item, as somebody who should know has told. */
export interface GoldAnswer {
  /** When the service wrote it. */
  at: string;
  class: string;
  item: Item;
  /** Why it is the right one, as it was told. */
  reason: string | null;
}

export interface GoldAnswerConnection {
  edges: GoldAnswerEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: GoldAnswer[];
  pageInfo: PageInfo;
}

export interface GoldAnswerEdge {
  cursor: string;
  node: GoldAnswer;
}

/** Soft labels of a run against the gold answers of this moment. Only items whose class the run was not given are compared: on the others it is right by definition. */
export interface GoldEvaluation {
  /** Items with gold that were left out, since the run was given a gold answer for them. */
  clamped: number;
  /** Items that were compared. */
  items: number;
  /** Null where no item was compared. */
  scores: LabelScores | null;
  /** Items with gold that were left out, since the run read no vote on them. */
  unlabelled: number;
}

/** The right class of one item. */
export interface GoldInput {
  /** One of the project's classes. */
  class: string;
  /** The item's external id. */
  item: string;
  /** Why it is the right one: up to 10,000 bytes. Left out, the answer has none. */
  reason?: string | null;
}

export interface GoldPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** One result a row, in the order of the rows. */
  results: RowResult[];
}

/** Items that were drawn at random to be answered by somebody who should know. Each had a known chance of being drawn, so that what is found on them tells of all. */
export interface GoldSample extends Node {
  /** How many of its items have a gold answer, at this moment. */
  answered: number;
  createdAt: string;
  design: GoldSampleDesign;
  /** How many it was drawn from: all of the project that had no gold answer then. */
  frameItems: number;
  id: string;
  /** In the order in which items became known. */
  items: GoldSampleItemConnection;
  /** The run whose soft labels told how uncertain items were; null for UNIFORM, and where there was none. */
  runId: string | null;
  /** With the same items and soft labels it draws the same sample. */
  seed: number;
  /** How many items were drawn. */
  size: number;
}

export interface GoldSampleItemsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only items with a gold answer, or only those without. */
  answered?: boolean | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface GoldSampleConnection {
  edges: GoldSampleEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: GoldSample[];
  pageInfo: PageInfo;
}

/** How the items of a sample are chosen. */
export type GoldSampleDesign = 'UNCERTAINTY' | 'UNIFORM';

export interface GoldSampleEdge {
  cursor: string;
  node: GoldSample;
}

export interface GoldSampleItem {
  /** Whether it has a gold answer, at this moment. */
  answered: boolean;
  gold: GoldAnswer | null;
  item: Item;
  /** The chance that the item had of being drawn, above 0. */
  probability: number;
}

export interface GoldSampleItemConnection {
  edges: GoldSampleItemEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: GoldSampleItem[];
  pageInfo: PageInfo;
}

export interface GoldSampleItemEdge {
  cursor: string;
  node: GoldSampleItem;
}

export interface HeartbeatInput {
  /** The annotator who holds them. */
  annotator: string;
  /** How long they are to last from now on; the project's leaseSeconds where left out. */
  leaseSeconds?: number | null;
  /** 1 to 10,000 leases. */
  leases: string[];
  projectId: string;
}

/** Both ends belong to it; one left out is open. */
export interface IntRange {
  max?: number | null;
  min?: number | null;
}

/** One thing to be labelled. */
export interface Item extends Node {
  createdAt: string;
  /** The caller's own id, byte for byte as it came. */
  externalId: string;
  /** Whether the flagRule holds for it. */
  flagged: boolean;
  /** Null where nobody has told. */
  gold: GoldAnswer | null;
  id: string;
  /** How many annotators hold it. */
  leases: number;
  /** Whatever the caller keeps with the item. */
  payload: Json;
  /** Of the current version of each active model that has a row for the item, by the names of the models. */
  predictions: ItemPrediction[];
  /** Null where the run read neither a vote nor a gold answer on the item. */
  softLabel: SoftLabel | null;
  /** By the rules and the votes of a moment ago. */
  state: ItemState;
  /** Standing votes that name a class, at this moment. */
  voteCount: number;
  /** The item's votes in the order of writing. */
  votes: VoteConnection;
}

export interface ItemSoftLabelArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface ItemVotesArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** Also superseded and withdrawn votes. */
  includeEnded?: boolean;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ItemConnection {
  edges: ItemEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Item[];
  pageInfo: PageInfo;
}

export interface ItemEdge {
  cursor: string;
  node: Item;
}

export interface ItemInput {
  /** @deprecated Use item. */
  externalId?: string | null;
  /** The caller's own id: any Unicode but NUL, up to 1,024 bytes. Every item needs one. */
  item?: string | null;
  /** Up to 64 KiB of JSON. */
  payload?: Json;
}

/** What the current version of one model says of an item. */
export interface ItemPrediction {
  model: string;
  /** In the order of the project's classes. */
  probabilities: number[];
  version: string;
}

export type ItemState = 'ADJUDICATED' | 'CONTESTED' | 'DONE' | 'OPEN';

export interface ItemsInput {
  /** 1 to 10,000 items. */
  items: ItemInput[];
  projectId: string;
}

export interface ItemsPayload {
  /** One result a row, in the order of the rows. */
  results: RowResult[];
}

/** How right and how well calibrated the soft labels are, on the compared items. */
export interface LabelScores {
  accuracy: ConsensusAccuracy;
  /** 15 equally wide bins of confidence. */
  bins: ConfidenceBin[];
  /** Mean over the items of the sum over the classes of (p - [class is the gold answer])^2: from 0 to 2. */
  brier: number;
  /** Expected calibration error: |mean confidence - accuracy| over the bins, weighted by their items. */
  ece: number;
  /** Mean natural-log loss of 0.99 p + 0.01 / K. */
  logLoss: number;
}

/** What becomes of a method's labels when a tenth of the votes, drawn at random, is left out: means over the draws and the items that keep a vote. */
export interface LabelStability {
  /** Share of items whose consensus changes; of tied classes, as far as they do. */
  changed: number;
  draws: number;
  /** How much probability moves from class to class, 0 to 1: half the sum of what each class gains or loses. */
  moved: number;
}

/** How long votes took, in milliseconds, of those that tell it (durationMs). Quantiles lie on the line between the two nearest votes (type 7). */
export interface LeadTime {
  mean: number;
  median: number;
  /** A tenth of the votes took less. */
  p10: number;
  /** A tenth of the votes took longer. */
  p90: number;
  /** Votes that tell it. */
  votes: number;
}

export interface LeadTimeBin {
  /** Milliseconds. */
  from: number;
  /** Milliseconds; no longer in the bin. */
  to: number;
  votes: number;
}

export interface LeadTimeDistribution {
  /** From the first bin with a vote to the last. Edges are the same in each report: 0, and from 100 ms on ten to each power of ten (100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, ...). */
  histogram: LeadTimeBin[];
  mean: number;
  median: number;
  /** A tenth of the votes took less. */
  p10: number;
  /** A tenth of the votes took longer. */
  p90: number;
  /** Votes that tell it. */
  votes: number;
}

/** An item that was given to an annotator for a while. */
export interface Lease {
  /** From then on, by the database's clock, the item may be given to others. A vote is taken all the same. */
  expiresAt: string;
  id: string;
  /** The item, by the caller's own id. */
  item: string;
  /** Whether it had votes when it was given; null to a key of one annotator. */
  kind: AssignmentKind | null;
  leasedAt: string;
  /** What was given with the item. */
  payload: Json;
  /** The strategy's score, in its own unit (see acquisitionScores); null for a random draw, and null to a key of one annotator. */
  score: number | null;
  /** What chose the item: an id of acquisitionScores, rule for a priority rule, exploration for a random draw; null to a key of one annotator. */
  strategy: string | null;
  /** How many votes for a class it had when it was given; null to a key of one annotator. */
  votes: number | null;
}

export interface LeaseResult {
  code: string | null;
  /** For LIVE: until when it lasts now. */
  expiresAt: string | null;
  /** The lease's place in the call, from 0. */
  index: number;
  message: string | null;
  status: LeaseStatus;
}

export type LeaseStatus = 'LIVE' | 'REJECTED' | 'RELEASED' | 'SKIPPED';

export interface LeasesInput {
  /** The annotator who holds them. */
  annotator: string;
  /** 1 to 10,000 leases. */
  leases: string[];
  projectId: string;
}

export interface LeasesPayload {
  /** One result a lease, in the order of the call. */
  results: LeaseResult[];
}

/** A method that is usually compared, and is not here. */
export interface LeftOutMethod {
  method: string;
  reason: string;
}

/** Is majority vote already the best decision with these votes? iBCC is fitted, crowds are drawn from what it learned of the annotators, and each is asked. The same for all methods on the same votes and gold answers. */
export interface MajorityVoteCertificate {
  /** What to do about it. */
  advice: string;
  /** What the verdict rests on. */
  assumption: string;
  /** Crowds that were drawn; 0 where no item has two votes. */
  draws: number;
  /** Items looked at, drawn at random from these: at most 20,000, and fewer where classes are many. */
  evaluatedItems: number;
  /** The chance that majority vote is the best decision on an item, over the items looked at and the drawn crowds. Two classes: best whatever the item's annotators vote. More classes: best for the votes they gave, where these are not tied. Null where there is no such item. */
  holds: number | null;
  /** Share of these items on which at least 95% of the drawn crowds say that majority vote is not the best decision. */
  refuted: number | null;
  /** Null where no crowd was drawn. */
  regret: MajorityVoteRegret | null;
  /** Share of the voted items whose most voted class is shared; null without votes. */
  tieRate: number | null;
  verdict: MajorityVoteVerdict;
  /** Items that the run read votes of. */
  votedItems: number;
}

/** How much more often the best decision is right than majority vote, as a share of the items; ties count as split evenly. */
export interface MajorityVoteRegret {
  /** Upper end of that interval. */
  high: number;
  /** Lower end of the interval that holds 95% of the drawn crowds. */
  low: number;
  /** Over all drawn crowds. */
  mean: number;
}

export type MajorityVoteVerdict = 'INSUFFICIENT_DATA' | 'MV_NOT_OPTIMAL_UNDER_MODEL' | 'MV_OPTIMAL_UNDER_MODEL';

/** Methods compared on the votes that a run read. None of them sees a gold answer: those of the moment when it was asked for judge them. */
export interface MethodAdvice {
  /** Each pair of methods. */
  agreement: MethodAgreement[];
  /** Annotators with votes. */
  annotators: number;
  /** Of the votes alone, without gold; null where there is one class. */
  certificate: MajorityVoteCertificate | null;
  classes: number;
  /** Items with votes and a gold answer. */
  goldItems: number;
  /** Items with votes. */
  items: number;
  leftOut: LeftOutMethod[];
  methods: AdvisedMethod[];
  recommendation: MethodRecommendation;
  votes: number;
}

/** How far two methods agree. */
export interface MethodAgreement {
  first: string;
  second: string;
  /** Share of the voted items with the same consensus; of tied classes, those that both have over those that either has. */
  share: number;
}

/** One option of an aggregation method. */
export interface MethodOption {
  /** The values of a choice. */
  choices: string[] | null;
  default: Json;
  doc: string;
  /** Greatest value of a number. */
  max: number | null;
  /** Least value of a number. */
  min: number | null;
  name: string;
  /** integer, number, boolean or choice. */
  type: string;
}

/** Which method to take for these votes, in words. */
export interface MethodRecommendation {
  basis: RecommendationBasis;
  /** Gold answers of items drawn at random, those at hand included, that would show which method is right if one is on three of four of the items on which they differ; null where there are as many, and where gold would not tell. */
  goldAnswers: number | null;
  method: string;
  /** Whether gold, or more of it, would tell which method to take. */
  moreGold: string;
  /** Whether more votes would move the labels. */
  moreVotes: string;
  /** Sentences. */
  reasons: string[];
}

export interface Mutation {
  /** Items are given to them again. */
  activateAnnotators: AnnotatorsPayload;
  /** Adds items; those that are there already stay as they are. */
  addItems: ItemsPayload;
  /** An archived project is read as before and takes no writes. */
  archiveProject: ProjectPayload;
  /** They are given no items any more. Their votes are taken as before, and count. */
  blockAnnotators: AnnotatorsPayload;
  /** A report that waits or is under way ends without a result. */
  cancelReport: ReportPayload;
  /** A run that waits or is under way ends without results. */
  cancelRun: RunPayload;
  /** Takes over what a run of another project of the workspace found out about annotators of the same external ids. */
  copyAnnotatorPriors: AnnotatorPriorsPayload;
  createApiKey: ApiKeySecretPayload;
  createProject: CreateProjectPayload;
  /** From now on the project is as absent. It can be restored for some days (DELETED_PROJECT_DAYS); then all that is stored of it is removed. */
  deleteProject: DeleteProjectPayload;
  /** Hides a flag that somebody has looked into, until it has ended and is raised anew. */
  dismissFlag: DismissFlagPayload;
  /** Draws items without a gold answer, to be answered by somebody who should know; see setGold. */
  drawGoldSample: DrawGoldSamplePayload;
  /** Removes who an annotator is, for good: their id, comments, voteIds and keys, and wherever the project's audit log, answers and runs name them. Their votes stay and count, under a pseudonym. */
  eraseAnnotator: EraseAnnotatorPayload;
  /** Keeps leases alive while the annotator works. */
  heartbeat: LeasesPayload;
  /** What an annotator should label next: items leased to them, those first where their answer helps most. */
  nextItems: NextItemsPayload;
  /** For now they are given no items. Their votes are taken as before. */
  pauseAnnotators: AnnotatorsPayload;
  /** Removes all that is stored of a deleted project, without waiting for the end of the days in which it can be restored. */
  purgeProject: ProjectDeletionPayload;
  /** Gives items back unanswered; they may be given to anybody again. */
  releaseItems: LeasesPayload;
  /** Ends what is known of annotators beforehand: UPDATED where something was, UNCHANGED where not. */
  removeAnnotatorPriors: AnnotatorPriorsPayload;
  /** Ends gold answers: UPDATED where the item had one, UNCHANGED where not. The history is kept. */
  removeGold: GoldPayload;
  /** From now on runs and scores pass the model over; its rows are kept for the runs that read them. */
  removePredictionModel: PredictionModelPayload;
  /** Measures in the background how far annotators agree; follow it by report. */
  requestAgreement: RequestAgreementPayload;
  /** Works out in the background what each annotator did: votes, classes, lead times, days; follow it by report. */
  requestAnnotatorActivity: RequestAnnotatorActivityPayload;
  /** Compares in the background the votes of each annotator with gold or with a consensus; follow it by report. */
  requestAnnotatorAgreement: RequestAnnotatorAgreementPayload;
  /** Takes a deleted project back as it was, but for its runs that were under way, which stay cancelled, and leases, which have ended. */
  restoreProject: ProjectPayload;
  revokeApiKey: ApiKeyPayload;
  /** A new secret for the same key; the old one ends at once, or works on for a while where asked. */
  rotateApiKey: ApiKeySecretPayload;
  /** Tells what is known of annotators beforehand, in place of what was told before. Read by runs that start from now on, of methods that read prior counts. */
  setAnnotatorPriors: AnnotatorPriorsPayload;
  /** Makes the results of a run the project's own. */
  setCurrentRun: RunPayload;
  /** Tells the right classes of items, in place of what was told before. The history is kept. */
  setGold: GoldPayload;
  /** Chooses the version of a model that runs and scores read, and makes the model active again if it was removed. */
  setPredictionVersion: PredictionModelPayload;
  /** The annotator passes items by: a SKIP in the vote log, and these items are not given to them again. */
  skipItems: LeasesPayload;
  /** Aggregates the votes in the background; follow it by runProgress or run. */
  startRun: StartRunPayload;
  /** Writes up to 10,000 rows of one version of a model's predictions and answers row by row; what is answered is durable. */
  submitPredictions: SubmitPredictionsPayload;
  /** Writes up to 10,000 votes and answers row by row; what is answered is durable. */
  submitVotes: SubmitVotesPayload;
  /** Replaces the payloads of items that are there. */
  updateItems: ItemsPayload;
  updateProject: ProjectPayload;
  updateWorkspace: WorkspacePayload;
  /** Makes annotators, or changes their kind, cost and capacity. What is left out of a row keeps its value. */
  upsertAnnotators: AnnotatorsPayload;
  /** Takes votes back: they stay in the history and count no more. */
  withdrawVotes: WithdrawVotesPayload;
}

export interface MutationActivateAnnotatorsArgs {
  input: AnnotatorStatusInput;
}

export interface MutationAddItemsArgs {
  input: ItemsInput;
}

export interface MutationArchiveProjectArgs {
  input: ArchiveProjectInput;
}

export interface MutationBlockAnnotatorsArgs {
  input: AnnotatorStatusInput;
}

export interface MutationCancelReportArgs {
  input: CancelReportInput;
}

export interface MutationCancelRunArgs {
  input: CancelRunInput;
}

export interface MutationCopyAnnotatorPriorsArgs {
  input: CopyAnnotatorPriorsInput;
}

export interface MutationCreateApiKeyArgs {
  input: CreateApiKeyInput;
}

export interface MutationCreateProjectArgs {
  input: CreateProjectInput;
}

export interface MutationDeleteProjectArgs {
  input: DeleteProjectInput;
}

export interface MutationDismissFlagArgs {
  input: DismissFlagInput;
}

export interface MutationDrawGoldSampleArgs {
  input: DrawGoldSampleInput;
}

export interface MutationEraseAnnotatorArgs {
  input: EraseAnnotatorInput;
}

export interface MutationHeartbeatArgs {
  input: HeartbeatInput;
}

export interface MutationNextItemsArgs {
  input: NextItemsInput;
}

export interface MutationPauseAnnotatorsArgs {
  input: AnnotatorStatusInput;
}

export interface MutationPurgeProjectArgs {
  input: PurgeProjectInput;
}

export interface MutationReleaseItemsArgs {
  input: LeasesInput;
}

export interface MutationRemoveAnnotatorPriorsArgs {
  input: RemoveAnnotatorPriorsInput;
}

export interface MutationRemoveGoldArgs {
  input: RemoveGoldInput;
}

export interface MutationRemovePredictionModelArgs {
  input: RemovePredictionModelInput;
}

export interface MutationRequestAgreementArgs {
  input: RequestAgreementInput;
}

export interface MutationRequestAnnotatorActivityArgs {
  input: RequestAnnotatorActivityInput;
}

export interface MutationRequestAnnotatorAgreementArgs {
  input: RequestAnnotatorAgreementInput;
}

export interface MutationRestoreProjectArgs {
  input: DeletedProjectInput;
}

export interface MutationRevokeApiKeyArgs {
  input: ApiKeyInput;
}

export interface MutationRotateApiKeyArgs {
  input: RotateApiKeyInput;
}

export interface MutationSetAnnotatorPriorsArgs {
  input: SetAnnotatorPriorsInput;
}

export interface MutationSetCurrentRunArgs {
  input: SetCurrentRunInput;
}

export interface MutationSetGoldArgs {
  input: SetGoldInput;
}

export interface MutationSetPredictionVersionArgs {
  input: SetPredictionVersionInput;
}

export interface MutationSkipItemsArgs {
  input: LeasesInput;
}

export interface MutationStartRunArgs {
  input: StartRunInput;
}

export interface MutationSubmitPredictionsArgs {
  input: SubmitPredictionsInput;
}

export interface MutationSubmitVotesArgs {
  input: SubmitVotesInput;
}

export interface MutationUpdateItemsArgs {
  input: ItemsInput;
}

export interface MutationUpdateProjectArgs {
  input: UpdateProjectInput;
}

export interface MutationUpdateWorkspaceArgs {
  input: UpdateWorkspaceInput;
}

export interface MutationUpsertAnnotatorsArgs {
  input: AnnotatorsInput;
}

export interface MutationWithdrawVotesArgs {
  input: WithdrawVotesInput;
}

export interface NextItemsInput {
  /** The annotator's external id; a new one is made if the project makes annotators of itself. */
  annotator: string;
  /** 1 to 10,000. An annotator may hold any number of leases, so that a platform can fetch ahead. */
  count?: number;
  /** Another lease than the project's: 1 second to 7 days. */
  leaseSeconds?: number | null;
  /** Another policy than the project's, for comparisons: an id of acquisitionScores, or auto. Its first call waits until the items are in its order. */
  policy?: string | null;
  projectId: string;
}

export interface NextItemsPayload {
  /** Why there are fewer than were asked for; null where there are as many. */
  empty: EmptyAnswer | null;
  /** At most one of an item. In the order in which they should be labelled. */
  leases: Lease[];
}

/** Whatever has a global id. */
export interface Node {
  /** Opaque; unique in this service. */
  id: string;
}

/** Answers that name no class. */
export interface OtherOutcomes {
  cannotLabel: number;
  skip: number;
  unsure: number;
}

export interface OverallAgreement {
  /** Items with two or more, which is what agreement is measured on. */
  comparedItems: number;
  /** Null where no replicates were asked for. */
  interval: AgreementInterval | null;
  /** Null where there is nothing to agree about: no item with two votes or, for metrics that correct for chance, votes for one class alone. */
  value: number | null;
  /** Items with a selected vote. */
  votedItems: number;
  /** What was assumed of the classes. */
  warnings: string[];
}

export interface PageInfo {
  endCursor: string | null;
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
}

/** What a model says of one item. */
export interface PredictionInput {
  /** The item's external id. */
  item: string;
  /** One number from 0 to 1 for each class, in the order of the project's classes; their sum is 1 within 1e-6. */
  probabilities: number[];
}

/** A model that predicts the classes of items. Runs and scores read the current version of every active one. */
export interface PredictionModel {
  /** False once it was removed: its rows are kept, and runs and scores pass it over. */
  active: boolean;
  model: string;
  /** Whether setPredictionVersion chose the current version; else it is the newest complete one. */
  pinned: boolean;
  /** The newest first. */
  versions: PredictionVersion[];
}

export interface PredictionModelVersionsArgs {
  /** 1 to 1,000. */
  first?: number;
}

export interface PredictionModelPayload {
  predictionModel: PredictionModel;
}

/** One version of a model's predictions. Its rows never change; new numbers are a new version. */
export interface PredictionVersion {
  /** False while an upload of its rows is under way, or where it broke off: then it is nobody's current version. */
  complete: boolean;
  createdAt: string;
  /** Whether runs and scores read this version of its model. */
  current: boolean;
  model: string;
  /** Whether the model had not seen the items it predicts. Predictions that are not count for too much in runs and scores. */
  outOfSample: boolean;
  /** Items that have a row, at this moment. */
  rows: number;
  /** Whether more votes came since than the project's rule predictionStaleVotes allows; null where no training watermark was given. */
  stale: boolean | null;
  /** The point in the vote log that the model was trained on: the watermark of a run. */
  trainingWatermark: string | null;
  version: string;
  /** How many votes were written or ended after the training watermark; null where none was given. */
  votesSince: number | null;
}

export interface PredictionVersionInput {
  model: string;
  version: string;
}

/** How often an annotator answered one class where another was true, or the same. */
export interface PriorCount {
  count: number;
  /** The true class. */
  truth: string;
  /** The class that was voted for. */
  vote: string;
}

/** How often the annotator answered `vote` where `truth` was true. */
export interface PriorCountInput {
  /** 0 or more. */
  count: number;
  /** One of the project's classes. */
  truth: string;
  /** One of the project's classes. */
  vote: string;
}

export type PriorKind = 'ACCURACY' | 'CONFUSION';

/** One labelling question: an ordered list of classes, its items, annotators and votes, and the rules they follow. */
export interface Project extends Node {
  /** Whether an annotator may be given an item again that they voted on; for KEEP_ALL. */
  allowRepeats: boolean;
  /** By the caller's own id. */
  annotator: Annotator | null;
  /** Annotators who were erased, the newest first. */
  annotatorErasures: AnnotatorErasureConnection;
  /** What is known of annotators beforehand, in the order in which annotators became known. */
  annotatorPriors: AnnotatorPriorConnection;
  /** In the order in which annotators became known. */
  annotators: AnnotatorConnection;
  /** Since when the project takes no votes. */
  archivedAt: string | null;
  /** No items are given once the votes have cost so much; a vote costs its annotator's cost. */
  budget: number | null;
  /** The K answers an annotator may choose from, in the order that probabilities follow. */
  classes: string[];
  /** An item with minVotes whose soft label is so sure is done; one that has maxVotes and is not, is contested. Null: done at maxVotes. */
  confidence: number | null;
  /** The classes that the crowd takes for each other, by the items' own two answers; those first that cost most (items times mean confusion), at most 1,000. Null where the run does not find items' two answers (method top-two does), and without a run. */
  confusablePairs: ConfusablePair[] | null;
  /** Whether a vote of an unknown annotator makes the annotator; else the vote is rejected. */
  createUnknownAnnotators: boolean;
  /** Whether a vote on an unknown item makes the item; else the vote is rejected. */
  createUnknownItems: boolean;
  createdAt: string;
  /** The run whose results are shown where no run is named. */
  currentRun: Run | null;
  /** The aggregation method of runs that name none. */
  defaultMethod: string;
  /** The options of the default method. */
  defaultOptions: Json;
  /** An expression that makes an item done, in place of minVotes and confidence. */
  doneRule: string | null;
  /** Share of a new annotator's items that are drawn at random instead of by the policy. */
  explorationShare: number;
  /** An expression that flags an item for people to look at. */
  flagRule: string | null;
  /** Annotators with a flag that nobody dismissed, in the order in which they became known. */
  flaggedAnnotators: AnnotatorConnection;
  /** The gold answers that stand, in the order in which their items became known. */
  gold: GoldAnswerConnection;
  /** Items with a gold answer, at this moment. */
  goldCount: number;
  /** Null while no run is current. */
  goldEvaluation: GoldEvaluation | null;
  /** Share of the items given to annotators whose answer is known, so that they can be measured. */
  goldRate: number;
  /** The newest first. */
  goldSamples: GoldSampleConnection;
  id: string;
  /** By the caller's own id. */
  item: Item | null;
  /** In the order in which items became known. */
  items: ItemConnection;
  /** Items in a state, flagged or not, in the order in which they became known. */
  itemsByState: ItemConnection;
  /** How long an item stays with the annotator it was given to. */
  leaseSeconds: number;
  /** The labels of items whose votes or gold answers changed after the current run read them, as they are now. */
  liveSoftLabels: SoftLabelConnection;
  /** So many votes an item gets at most: votes and live leases together never pass it. */
  maxVotes: number;
  /** Which method for the votes that a run read? Each is run on them, and again without a tenth of them. Worked out when it is asked for first, which takes seconds, up to a minute for many votes; then kept until gold answers are others. Null while no run is current, and where it read no vote. */
  methodAdvice: MethodAdvice | null;
  /** So many votes an item needs before its confidence can make it done. */
  minVotes: number;
  name: string;
  /** Before the first run: share of the items that get a second vote early, so that annotators can be compared. */
  overlapShare: number;
  /** An expression over an annotator that pauses them. */
  pauseRule: string | null;
  /** Which items are asked about first: an id of acquisitionScores, or auto: activelab where predictions are there, information-gain where not. */
  policy: string;
  /** By name; at most 100, removed ones among them. */
  predictionModels: PredictionModel[];
  /** A model's predictions are stale once more votes than this were written or ended since those it was trained on. */
  predictionStaleVotes: number;
  /** An expression whose greatest values are asked about first, in place of the policy. */
  priorityRule: string | null;
  progress: ProjectProgress;
  /** For platforms that plan batches: which items are worth another vote and which new ones come first, by the votes and predictions of this moment. Null beside an error only. */
  relabelOrNew: RelabelOrNew | null;
  repeatPolicy: RepeatPolicy;
  /** Those that are kept, the newest first. */
  reports: ReportConnection;
  /** A run starts by itself so many seconds after the last one, when there are new votes. */
  rerunEverySeconds: number | null;
  /** A run starts by itself after so many new votes. */
  rerunEveryVotes: number | null;
  /** The newest first. */
  runs: RunConnection;
  /** The soft labels of one run: of the items that had votes, or a gold answer that the method reads. Pages behind a cursor stay with its run. Empty while no run is current. */
  softLabels: SoftLabelConnection;
  /** No items are given once another vote on an open item is expected to tell less than so many nats, on average. */
  stopBelowGain: number | null;
  updatedAt: string;
  voteCounts: VoteCounts;
  /** The whole log in the order of writing, ended votes included. */
  votes: VoteConnection;
}

export interface ProjectAnnotatorArgs {
  externalId: string;
}

export interface ProjectAnnotatorErasuresArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectAnnotatorPriorsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectAnnotatorsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  /** Only those who have it. */
  status?: AnnotatorStatus | null;
}

export interface ProjectConfusablePairsArgs {
  /** How many, 1 to 1,000. */
  first?: number;
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface ProjectFlaggedAnnotatorsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** Only those with such a flag. */
  kind?: AnnotatorFlagKind | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectGoldArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectGoldEvaluationArgs {
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
  /** A gold sample: its answered items alone are compared, and the accuracy is that of all items it was drawn from. */
  sample?: string | null;
}

export interface ProjectGoldSamplesArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectItemArgs {
  externalId: string;
}

export interface ProjectItemsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectItemsByStateArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  flagged?: boolean | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  state?: ItemState | null;
}

export interface ProjectLiveSoftLabelsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectMethodAdviceArgs {
  /** Ids of the methods to compare, each once; nine that do well somewhere where left out. */
  methods?: string[] | null;
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface ProjectRelabelOrNewArgs {
  /** How many items to name, 1 to 10,000. */
  count?: number;
  /** A prediction model, or several as an ensemble, each by its current version; all that are read where left out. */
  model?: string[] | null;
}

export interface ProjectReportsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectRunsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectSoftLabelsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  filter?: SoftLabelFilter | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
  orderBy?: SoftLabelOrder | null;
  /** A run that succeeded; the project's current one where left out. */
  run?: string | null;
}

export interface ProjectVotesArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface ProjectConnection {
  edges: ProjectEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Project[];
  pageInfo: PageInfo;
}

/** A project that was deleted: what can be restored of it, or how much of it was removed. */
export interface ProjectDeletion extends Node {
  deletedAt: string;
  id: string;
  /** Null where it cannot be restored any more. */
  name: string | null;
  /** Null once nothing is left of it. */
  projectId: string | null;
  /** Until then it can be restored. */
  purgeAfter: string;
  /** When the last of it was removed. */
  purgedAt: string | null;
  /** So far, table by table. */
  removed: RemovedRows[];
  /** When the purge began. */
  startedAt: string | null;
  status: DeletionStatus;
}

export interface ProjectDeletionConnection {
  edges: ProjectDeletionEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: ProjectDeletion[];
  pageInfo: PageInfo;
}

export interface ProjectDeletionEdge {
  cursor: string;
  node: ProjectDeletion;
}

export interface ProjectDeletionPayload {
  deletion: ProjectDeletion;
}

export interface ProjectEdge {
  cursor: string;
  node: Project;
}

export interface ProjectPayload {
  project: Project;
}

/** How far a project is, by the rules now in force. */
export interface ProjectProgress {
  /** Items whose answer is known (setGold). */
  adjudicated: number;
  /** Items at maxVotes that are not sure enough: for an expert. */
  contested: number;
  done: number;
  /** So many more votes until no item is open: from how many votes the items that are finished took; at most maxVotes an item. */
  expectedVotes: number;
  /** Items that the flagRule holds for. */
  flagged: number;
  items: number;
  /** Items in the hands of annotators. */
  leases: number;
  /** What another vote on an open item is expected to tell, in nats, on average at the last scoring; null before the first run. */
  meanGain: number | null;
  /** Items that take more votes. */
  open: number;
  /** When all items were last put in order. */
  scoredAt: string | null;
  /** What the standing answers have cost. */
  spent: number;
  /** Standing votes for a class. */
  votes: number;
}

/** Rules that are left out keep their value; null removes one that may be absent. */
export interface ProjectRulesInput {
  /** Only with repeatPolicy KEEP_ALL. */
  allowRepeats?: boolean | null;
  budget?: number | null;
  /** Above 0, up to 1: an item with minVotes whose soft label is so sure is done. Null: done at maxVotes. */
  confidence?: number | null;
  createUnknownAnnotators?: boolean | null;
  createUnknownItems?: boolean | null;
  /** The id of an aggregation method, see aggregationMethods; soft-label-mean by default. */
  defaultMethod?: string | null;
  /** Options of the default method, by name. */
  defaultOptions?: Json;
  /** For example: votes >= 3 and (confidence >= 0.95 or topTwoGap > 0.6). */
  doneRule?: string | null;
  /** 0 to 1; 0.1 by default. */
  explorationShare?: number | null;
  /** For example: votes >= 4 and disagreement > 0.5. */
  flagRule?: string | null;
  /** 0 to 1; 0 by default. */
  goldRate?: number | null;
  /** 1 second to 7 days; 900 by default. */
  leaseSeconds?: number | null;
  /** So many votes an item gets at most: 1 to 10,000; 3 by default. */
  maxVotes?: number | null;
  /** So many votes an item needs before its confidence can make it done: 1 to 10,000; 1 by default. */
  minVotes?: number | null;
  /** 0 to 1; 0.15 by default. */
  overlapShare?: number | null;
  /** Over an annotator. For example: goldVotes >= 10 and goldAccuracyHigh < 0.7. */
  pauseRule?: string | null;
  /** An id of acquisitionScores, or auto, the default. */
  policy?: string | null;
  /** 0 to 2,000,000,000; 1,000 by default. */
  predictionStaleVotes?: number | null;
  /** For example: gain * (1 + age_hours / 24). */
  priorityRule?: string | null;
  /** KEEP_LAST by default. Cannot change once there are votes. */
  repeatPolicy?: RepeatPolicy | null;
  rerunEverySeconds?: number | null;
  rerunEveryVotes?: number | null;
  /** In nats. */
  stopBelowGain?: number | null;
}

export interface PurgeProjectInput {
  /** Once more the project's name, or its id. */
  confirm: string;
  /** The id that the project had. */
  id: string;
}

export interface Query {
  /** The policies of nextItems, beside auto. */
  acquisitionScores: AcquisitionScoreInfo[];
  /** Every aggregation method there is, from the registry. */
  aggregationMethods: AggregationMethodInfo[];
  /** Every agreement metric there is, from the registry. */
  agreementMetrics: AgreementMetricInfo[];
  /** The workspace's keys, revoked ones included, without their secrets. */
  apiKeys: ApiKeyConnection;
  /** Every administrative change in the workspace, and where its auditReads is on every read of gold and every download, newest first. */
  auditLog: AuditEntryConnection;
  /** Projects that were deleted, the newest first: those that can be restored, and of those purged how much was removed. */
  deletedProjects: ProjectDeletionConnection;
  /** A drawn sample: its items, how likely each was to be drawn, and which are answered. */
  goldSample: GoldSample;
  /** Anything by its global id. */
  node: Node;
  project: Project;
  /** The projects this key may see, oldest first. */
  projects: ProjectConnection;
  /** Ask again until it has ended; then its result is there. */
  report: Report;
  /** The kinds of rule, and the quantities that each may read. */
  ruleQuantities: RuleKindInfo[];
  /** What other rules would make of the items; changes nothing. */
  rulesDryRun: RulesDryRun;
  run: Run;
  /** The workspace this key belongs to. */
  workspace: Workspace;
}

export interface QueryApiKeysArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface QueryAuditLogArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface QueryDeletedProjectsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface QueryGoldSampleArgs {
  id: string;
}

export interface QueryNodeArgs {
  id: string;
}

export interface QueryProjectArgs {
  id: string;
}

export interface QueryProjectsArgs {
  /** Only edges behind this cursor. */
  after?: string | null;
  /** Only edges before this cursor. */
  before?: string | null;
  /** The first 1 to 1,000 edges; 100 when neither first nor last is given. */
  first?: number | null;
  /** The last 1 to 1,000 edges. */
  last?: number | null;
}

export interface QueryReportArgs {
  id: string;
}

export interface QueryRulesDryRunArgs {
  input: RulesDryRunInput;
}

export interface QueryRunArgs {
  id: string;
}

export type RecommendationBasis = 'BENCHMARKS' | 'GOLD' | 'ONLY';

/** Whether the next votes should go to items that have some or to new ones, by ActiveLab. Nothing is leased. */
export interface RelabelOrNew {
  /** What the best next vote goes to; null where no predicted item is open to one. */
  decision: AssignmentKind | null;
  /** Up to count, the best next vote first; equal scores in the order in which items became known. */
  items: RelabelOrNewItem[];
  /** How much an annotator of unknown worth counts; it is what the next vote is taken to weigh. */
  meanAnnotatorWeight: number;
  /** By name; several are an ensemble. */
  models: DecidingModel[];
  /** How many items without votes compete. */
  newItems: number;
  /** How many items with votes compete: open by the rules of the project, with room for another vote beside their live leases, and predicted. */
  oldItems: number;
  /** The lowest score of the items that have none; null where none of them is open. */
  scoreOfBestNew: number | null;
  /** The lowest score of the items that have votes; null where none of them is open. */
  scoreOfBestOld: number | null;
  /** Open items that lack a prediction of one of the models, and so have no score. */
  unpredictedItems: number;
  warnings: string[];
}

/** An item that is worth a vote. */
export interface RelabelOrNewItem {
  item: Item;
  kind: AssignmentKind;
  /** How sure its consensus would be after one more vote of unknown worth, from 0 to 1: the lower, the more a vote is worth. On one scale for old and new items. */
  score: number;
  /** How many votes for a class it has. */
  votes: number;
}

export interface ReliabilityTimelineConnection {
  edges: ReliabilityTimelineEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: ReliabilityWindow[];
  pageInfo: PageInfo;
}

export interface ReliabilityTimelineEdge {
  cursor: string;
  node: ReliabilityWindow;
}

/** Some consecutive votes of an annotator. The same figures as in `reliability`, of these votes alone. */
export interface ReliabilityWindow {
  /** Estimated share of these votes that are right. Null without a run, or where the others know nothing of the items. */
  accuracy: EstimatedShare | null;
  /** Mean probability of the answers by what all other votes on their items say. */
  agreement: number | null;
  /** The agreement to expect of answers drawn at random. */
  chance: number | null;
  /** The classes voted for, the most used first. */
  classShares: ClassShare[];
  /** Time of the first vote. */
  from: string;
  /** How many of them are right. */
  goldRight: number;
  /** Votes on items whose answer is known now. */
  goldVotes: number;
  informedness: number | null;
  /** Median of the times the answers took, where they are known. */
  medianSeconds: number | null;
  /** Time of the last vote. */
  to: string;
  votes: number;
}

export interface RemoveAnnotatorPriorsInput {
  /** External ids of 1 to 10,000 annotators. */
  annotators: string[];
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
}

export interface RemoveGoldInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** External ids of 1 to 10,000 items. */
  rows: string[];
}

export interface RemovePredictionModelInput {
  model: string;
  projectId: string;
}

/** How many rows of a table were removed. */
export interface RemovedRows {
  rows: number;
  table: string;
}

/** What becomes of a second vote of one annotator on one item. Which of two votes is the later is told by their own `time` where both have one; by their arrival where one has none, and for equal times. */
export type RepeatPolicy = 'KEEP_ALL' | 'KEEP_FIRST' | 'KEEP_LAST' | 'REJECT';

/** Something worked out on request about the votes and gold as they stood at a watermark. The same question at the same watermark is answered by the report that is there. */
export interface Report {
  /** How many workers have taken it up; more than 1 after a worker was lost. */
  attempt: number;
  createdAt: string;
  /** Why it failed. */
  failure: string | null;
  finishedAt: string | null;
  id: string;
  /** When a worker took it up, the first time. */
  startedAt: string | null;
  status: ReportStatus;
  /** Another version of its kind may say otherwise. */
  version: number;
  /** The point of the vote log that it is of: votes and gold answers that came later are not in it. */
  watermark: string;
}

export interface ReportConnection {
  edges: ReportEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Report[];
  pageInfo: PageInfo;
}

export interface ReportEdge {
  cursor: string;
  node: Report;
}

export interface ReportPayload {
  report: Report;
}

export type ReportStatus = 'CANCELLED' | 'FAILED' | 'QUEUED' | 'RUNNING' | 'SUCCEEDED';

export interface RequestAgreementInput {
  /** What is measured. */
  by?: AgreementBy[];
  /** The places of the classes on a line, a number for each class of the project in order; where left out, the numbers that the classes are named for. Interval and ratio metrics measure by them, ordinal ones take their order. */
  classValues?: number[] | null;
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  /** Of the interval: between 0 and 1. */
  level?: number;
  /** The id of a metric, see agreementMetrics. */
  metric: string;
  /** The metric's options by name; what is left out takes its default. */
  options?: Json;
  projectId: string;
  /** Resamples of the items for the interval of OVERALL, up to 100,000; 0 gives none. */
  replicates?: number;
  /** Of the resampling: 0 or more. */
  seed?: number;
  selection?: VoteSelectionInput | null;
  /** The votes as they stood at this point; the newest where left out. */
  watermark?: string | null;
}

export interface RequestAgreementPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** The same question at the same watermark has the same report, whoever asks. */
  report: AgreementReport;
}

export interface RequestAnnotatorActivityInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  selection?: VoteSelectionInput | null;
  /** The votes as they stood at this point; the newest where left out. */
  watermark?: string | null;
}

export interface RequestAnnotatorActivityPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** The same question at the same watermark has the same report, whoever asks. */
  report: AnnotatorActivityReport;
}

export interface RequestAnnotatorAgreementInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  reference: AgreementReference;
  /** Whose consensus it is: a run that succeeded; the project's current one where left out. With CONSENSUS only. */
  run?: string | null;
  selection?: VoteSelectionInput | null;
  /** The votes as they stood at this point; the newest where left out. */
  watermark?: string | null;
}

export interface RequestAnnotatorAgreementPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** The same question at the same watermark has the same report, whoever asks. */
  report: AnnotatorAgreementReport;
}

export interface RotateApiKeyInput {
  id: string;
  /** How long the old secret works beside the new one, up to 7 days (604800); 0 ends it at once. A secret that was old before ends in any case. */
  overlapSeconds?: number;
}

/** What became of one row of a call. */
export interface RowResult {
  /** Why it was rejected, for programs. */
  code: string | null;
  /** The row's place in the call, from 0. */
  index: number;
  /** Why it was rejected, for people: with the value and the remedy. */
  message: string | null;
  status: RowStatus;
}

/** What became of one row. */
export type RowStatus = 'CREATED' | 'REJECTED' | 'UNCHANGED' | 'UPDATED';

/** One of a project's rules that are expressions. */
export interface RuleKindInfo {
  doc: string;
  /** Its field in ProjectRulesInput. */
  field: string;
  /** The functions it may call. */
  functions: string[];
  /** done, priority, flag or pause. */
  kind: string;
  /** What it may ask about one of the project's classes, as votesFor("deer"), and the class that leads; empty where it may not. */
  ofClasses: RuleQuantity[];
  quantities: RuleQuantity[];
  /** What its expression gives: boolean or number. */
  result: string;
}

/** A number that a rule may read by its name. Where it is not known yet, every comparison with it is false. */
export interface RuleQuantity {
  doc: string;
  name: string;
  range: string;
}

export interface RulesDryRun {
  /** How many items would change their state. */
  changed: number;
  /** Items flagged now. */
  flaggedNow: number;
  /** Items that would be flagged. */
  flaggedThen: number;
  /** Those items, by their state now and then. */
  moves: StateMove[];
}

export interface RulesDryRunInput {
  projectId: string;
  /** As updateProject would take them. */
  rules: ProjectRulesInput;
}

/** One execution of an aggregation method over the votes up to a watermark. Method, options, seed and watermark repeat it to the bit. */
export interface Run extends Node {
  /** Annotators known at the watermark. */
  annotatorCount: number | null;
  /** How many workers have taken it up; more than 1 after a worker was lost. */
  attempt: number;
  /** About the votes that the run read, and the gold answers if its method reads them. Worked out when it is asked for first, which takes seconds, up to a minute for many votes and classes; then kept. Null until the run succeeded. */
  certificate: MajorityVoteCertificate | null;
  /** Null until the run succeeded. For methods without class priors the mean soft label. */
  classPriors: ClassPrior[] | null;
  createdAt: string;
  /** Null until the run succeeded. */
  diagnostics: RunDiagnostics | null;
  /** Null for runs of earlier versions of the service. */
  estimate: RunEstimate | null;
  /** Why it failed. */
  failure: string | null;
  /** What the run found about itself, about each class and about each model whose predictions it read; empty where that is nothing, and until it succeeded. */
  findings: Finding[];
  finishedAt: string | null;
  /** Items whose class the run was given by gold; null until it succeeded, and where its method reads none. */
  goldCount: number | null;
  id: string;
  /** Items known at the watermark, voted on or not. */
  itemCount: number | null;
  /** The method's iteration that was told last, or that is under way. */
  iteration: number | null;
  /** The share of that iteration that is done, where one takes long; null once it has ended. */
  iterationDone: number | null;
  /** The method's objective at that iteration: for EM methods the natural-log marginal likelihood. */
  logLikelihood: number | null;
  /** Whether its results become the project's own when it succeeds. */
  makeCurrent: boolean;
  /** The id of the aggregation method. */
  method: string;
  /** Another version may give other bits. */
  methodVersion: number;
  /** Every option of the method, the defaults included. */
  options: Json;
  origin: RunOrigin;
  /** What it is doing, or did last: snapshot, a phase of the method, store. */
  phase: string | null;
  /** What it reads of predictions, as far as they were there at its watermark; null for methods that read none. */
  predictions: RunPrediction[] | null;
  /** Annotators of whom the run was told something beforehand; null until it succeeded, and where its method reads no prior counts. */
  priorCount: number | null;
  /** When its soft labels and annotator figures were dropped; starting it again with its watermark, options and seed brings them back to the bit. */
  resultsDroppedAt: string | null;
  /** Seconds by phase, once it succeeded. */
  seconds: Json;
  /** Every random draw derives from it. */
  seed: number;
  /** When a worker took it up, the first time. */
  startedAt: string | null;
  status: RunStatus;
  /** Votes that the method read. */
  voteCount: number | null;
  /** The point in the vote log that the run reads up to; null until a worker takes the run up. */
  watermark: string | null;
}

export interface RunConnection {
  edges: RunEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Run[];
  pageInfo: PageInfo;
}

export interface RunDiagnostics {
  /** False where the cap on iterations ended it: the labels would still have moved. */
  converged: boolean;
  iterations: number;
  /** The method's objective after each iteration; for EM methods the natural-log marginal likelihood. Empty for methods without one. */
  logLikelihoodTrace: number[];
  /** Items whose largest probability is shared by two or more classes. */
  ties: number;
  warnings: string[];
}

export interface RunEdge {
  cursor: string;
  node: Run;
}

/** What a run is going to cost, by its method, the size of the project when it was started and its options: an order of magnitude. */
export interface RunEstimate {
  /** Memory that its arrays take at the peak, beside the votes. */
  megabytes: number;
  /** Basic steps over the entries of arrays. */
  operations: number;
  /** On one core, about. */
  seconds: number;
}

export type RunOrigin = 'REQUEST' | 'RULE';

export interface RunPayload {
  run: Run;
}

/** A version of a model's predictions that a run read. */
export interface RunPrediction {
  model: string;
  /** Whether the model had not seen the items it predicted. */
  outOfSample: boolean;
  version: string;
}

export type RunStatus = 'CANCELLED' | 'FAILED' | 'QUEUED' | 'RUNNING' | 'SUCCEEDED';

/** What an API key may do. */
export type Scope = 'ASSIGNMENT' | 'PROJECT_ADMIN' | 'RESULTS_READ' | 'VOTES_WRITE' | 'WORKSPACE_ADMIN';

/** Which scores are asked about first. */
export type ScoreEnd = 'HIGHEST' | 'LOWEST';

export interface SetAnnotatorPriorsInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** 1 to 10,000 rows, one an annotator. */
  rows: AnnotatorPriorInput[];
}

export interface SetCurrentRunInput {
  /** A run that succeeded and whose results are still there. */
  id: string;
}

export interface SetGoldInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** 1 to 10,000 answers, one an item. */
  rows: GoldInput[];
}

export interface SetPredictionVersionInput {
  model: string;
  projectId: string;
  /** The version that runs and scores are to read from now on; the newest complete one, now and later, where left out. */
  version?: string | null;
}

/** What is known about one item by a run: K probabilities, and what follows from them. */
export interface SoftLabel {
  /** The project's classes, in the order of the probabilities. */
  classes: string[];
  /** The largest probability. */
  confidence: number;
  /** The class of the largest probability; of tied ones the first. */
  consensus: string;
  /** GLAD's difficulty of the item: at 0 everybody with any ability is right, far above 1 all guess. Null for other methods, and on a live label: `findings` has what its run found. */
  difficulty: number | null;
  /** How far apart the methods are whose mean this is: mean Jensen-Shannon divergence of all pairs of them, in nats, 0 to ln 2. Null for other methods than soft-label-mean, and on a live label: `findings` has what its run found. */
  disagreement: number | null;
  /** Shannon entropy of the probabilities in nats: 0 when certain, ln K when nothing is known. */
  entropy: number;
  /** All that `run` found about the item beyond its soft label, whatever its method; empty where that is nothing. Later votes move none of it, also where the label itself is live. */
  findings: Finding[];
  item: Item;
  /** Whether the item's votes or gold answer changed after the run read them: then this is the run's label moved on by what came since, with the run's parameters. */
  live: boolean;
  /** One for each class, in the order of the project's classes; they sum to 1. */
  probabilities: number[];
  run: Run;
  /** Whether another class is as probable as the consensus. */
  tie: boolean;
  /** The two answers that the item is between. Null where the run is of another method than top-two, and for an item without votes in it. */
  topTwo: TopTwo | null;
  /** When a live label was last moved on. */
  updatedAt: string | null;
  /** Votes on the item that the run read; 0 for one whose class was known by gold alone. */
  votes: number;
}

export interface SoftLabelConnection {
  edges: SoftLabelEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: SoftLabel[];
  pageInfo: PageInfo;
}

export interface SoftLabelEdge {
  cursor: string;
  node: SoftLabel;
}

export type SoftLabelField = 'CONFIDENCE' | 'CONFUSION_HIGH' | 'CONFUSION_LOW' | 'CONFUSION_PROBABILITY' | 'CONSENSUS_QUALITY' | 'DIFFICULTY' | 'DISAGREEMENT' | 'ENTROPY' | 'FIRST_PROBABILITY' | 'ITEM' | 'PAIR_GAP' | 'PAIR_PROBABILITY' | 'VOTES';

/** All that is given must hold. */
export interface SoftLabelFilter {
  /** The consensus class. */
  class?: string | null;
  confidence?: FloatRange | null;
  /** For runs of method glad. */
  difficulty?: FloatRange | null;
  /** In nats. For runs of method soft-label-mean. */
  disagreement?: FloatRange | null;
  /** In nats. */
  entropy?: FloatRange | null;
  tie?: boolean | null;
  /** For runs of method top-two. */
  topTwo?: TopTwoFilter | null;
  votes?: IntRange | null;
}

/** Equal ones follow in the order of items. */
export interface SoftLabelOrder {
  direction?: SortDirection;
  field: SoftLabelField;
}

export type SortDirection = 'ASC' | 'DESC';

export interface StartRunInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  /** Whether its results become the project's own when it succeeds. */
  makeCurrent?: boolean;
  /** The id of an aggregation method, see aggregationMethods; the project's default where left out. */
  method?: string | null;
  /** The method's version, such as that of an earlier run that is to be repeated: one of the method's `versions`; the newest where left out. */
  methodVersion?: number | null;
  /** The method's options by name; what is left out takes its default. */
  options?: Json;
  /** The versions of predictions to read, such as those of an earlier run: one a model; the project's current ones where left out. For methods that read predictions. */
  predictions?: PredictionVersionInput[] | null;
  projectId: string;
  /** Every random draw derives from it: 0 or more. */
  seed?: number;
  /** Read the votes as they stood at this point, such as the watermark of an earlier run; the newest where left out. */
  watermark?: string | null;
}

export interface StartRunPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  run: Run;
}

export interface StateMove {
  from: ItemState;
  items: number;
  to: ItemState;
}

export interface SubmitPredictionsInput {
  /** False while more calls of this version are to come: it becomes the current one with the first call that says true. */
  complete?: boolean;
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  /** Up to 1,024 bytes; a project has up to 100 models. */
  model: string;
  /** Whether the model had not seen the items it predicts, as by cross-validation: true for a new version where left out. Later calls leave it out or repeat it. */
  outOfSample?: boolean | null;
  projectId: string;
  /** 1 to 10,000 rows, one an item. */
  rows: PredictionInput[];
  /** The point in the vote log that the model was trained on: the watermark of a run. Later calls leave it out or repeat it. */
  trainingWatermark?: string | null;
  /** Up to 1,024 bytes. The first call that names it makes it. */
  version: string;
}

export interface SubmitPredictionsPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** One result a row, in the order of the rows. */
  results: RowResult[];
}

export interface SubmitVotesInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** 1 to 10,000 votes. */
  votes: VoteInput[];
}

export interface SubmitVotesPayload {
  counts: VoteStatusCounts;
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** One result a row, in the order of the rows; only those of some statuses where asked. */
  results: VoteResult[];
  /** Names for which votes are refused though a class differs from them by blanks, case, Unicode form or the way a number is written alone: each once, the first 20 of them. */
  warnings: string[];
}

export interface SubmitVotesPayloadResultsArgs {
  only?: VoteStatus[] | null;
}

export interface Subscription {
  /** The run's present state at once, then each newer one; completes with the run. */
  runProgress: Run;
}

export interface SubscriptionRunProgressArgs {
  run: string;
}

export type TimelineWindow = 'DAY' | 'HOUR' | 'VOTES';

/** An item's right answer and its plausible wrong one, as a run of method top-two found them. */
export interface TopTwo {
  /** How often an annotator who looks at the item still gives the second answer: from 0, nobody confuses the two, to 0.5, they cannot be told apart. */
  confusionProbability: Estimated | null;
  /** Whether another class has more votes than `first`. */
  disagreesWithMajority: boolean;
  /** The right answer; null where several tie for it. */
  first: string | null;
  /** Probability that `first` is the right answer; null for the spectral variants. */
  firstProbability: number | null;
  /** Whether votes that came after the run are counted in. They never are: on a label that was moved on since, this is still what `run` found. */
  live: boolean;
  /** How far the pair is ahead of the runner-up: their difference in probability, under the spectral variants in score. */
  pairGap: number | null;
  /** Probability that these are the two answers, in this order; null for the spectral variants. */
  pairProbability: number | null;
  run: Run;
  /** The plausible wrong answer; null where several tie for it. */
  second: string | null;
  /** Whether several pairs are equally good. */
  tied: boolean;
}

/** By the two answers that runs of method top-two find. All that is given must hold. */
export interface TopTwoFilter {
  confusionProbability?: FloatRange | null;
  disagreesWithMajority?: boolean | null;
  /** The right answer. */
  first?: string | null;
  /** The plausible wrong answer. */
  second?: string | null;
  tied?: boolean | null;
}

/** How right the soft labels are on items with votes and gold. The method did not see the gold answers. */
export interface UnseenGoldScores {
  /** Share of items whose consensus is the gold answer, ties split evenly; interval of a Beta posterior under a uniform prior. */
  accuracy: Estimated;
  /** Mean over the items of the sum over the classes of (p - [class is the gold answer])^2: from 0 to 2. */
  brier: number;
  /** Expected calibration error: |mean confidence - accuracy| over 15 bins of confidence, weighted by their items. */
  ece: number;
  /** Mean natural-log loss of 0.99 p + 0.01 / K; interval by Student's t. */
  logLoss: Estimated;
}

export interface UpdateProjectInput {
  id: string;
  name?: string | null;
  rules?: ProjectRulesInput | null;
}

/** What is left out stays as it is. */
export interface UpdateWorkspaceInput {
  /** Whether reads of gold answers and downloads are told in the audit log. */
  auditReads?: boolean | null;
}

/** One answer of one annotator to one item. Votes are never changed or deleted: they end. */
export interface Vote extends Node {
  annotator: Annotator;
  /** Null for an outcome other than CLASS. */
  class: string | null;
  comment: string | null;
  durationMs: number | null;
  guidelineVersion: string | null;
  id: string;
  item: Item;
  /** Whether it came after the lease it was for had expired. It counts all the same. */
  late: boolean;
  outcome: VoteOutcome;
  /** When the service wrote it. */
  receivedAt: string;
  state: VoteState;
  /** When the annotator answered, as the caller told. */
  time: string | null;
  /** The caller's own id of the vote. */
  voteId: string | null;
}

export interface VoteConnection {
  edges: VoteEdge[];
  /** The nodes of the edges, for callers who need no cursors. */
  nodes: Vote[];
  pageInfo: PageInfo;
}

/** Exact at every moment: written in the same transaction as the votes. */
export interface VoteCounts {
  annotators: number;
  /** Superseded and withdrawn votes, and repeats that were not taken. */
  ended: string;
  items: number;
  /** Standing SKIP, UNSURE and CANNOT_LABEL. */
  otherOutcomes: string;
  /** Standing votes that name a class. */
  votes: string;
}

export interface VoteEdge {
  cursor: string;
  node: Vote;
}

/** One answer of one annotator to one item: a class, or an outcome of another kind. */
export interface VoteInput {
  /** The annotator's external id. */
  annotator: string;
  /** One of the project's classes; left out with an outcome other than CLASS. */
  class?: string | null;
  /** Up to 10,000 bytes. */
  comment?: string | null;
  /** How long the answer took, in milliseconds. */
  durationMs?: number | null;
  /** Which version of the guidelines the annotator worked by. */
  guidelineVersion?: string | null;
  /** The item's external id: any Unicode but NUL, up to 1,024 bytes. */
  item: string;
  /** CLASS where left out. */
  outcome?: VoteOutcome | null;
  /** When the annotator answered: of two votes of one annotator on one item it tells which is the later (see RepeatPolicy). */
  time?: string | null;
  /** Your id of this vote, unique in the project: the same vote sent again is a DUPLICATE. */
  voteId?: string | null;
}

/** What the annotator did with the item. */
export type VoteOutcome = 'CANNOT_LABEL' | 'CLASS' | 'SKIP' | 'UNSURE';

/** Names votes by your own id of the vote, or by item and annotator. */
export interface VoteReference {
  annotator?: string | null;
  item?: string | null;
  voteId?: string | null;
}

export interface VoteResult {
  /** Why, for programs; null for a plain CREATED or SUPERSEDED. */
  code: string | null;
  /** The row's place in the call, from 0. */
  index: number;
  /** Why, for people: with the value and the remedy. */
  message: string | null;
  status: VoteStatus;
}

/** Only these of the votes that stand at the watermark; all where left out. */
export interface VoteSelectionInput {
  /** External ids of annotators, up to 10,000. */
  annotators?: string[] | null;
  /** Votes given under one of these versions of the guideline, up to 1,000. */
  guidelineVersions?: string[] | null;
  /** External ids of items, up to 10,000. */
  items?: string[] | null;
  /** Votes from this moment on: by when they were given, or else received. */
  timeFrom?: string | null;
  /** Votes before this moment. */
  timeTo?: string | null;
}

export type VoteState = 'REPEAT' | 'STANDING' | 'SUPERSEDED' | 'WITHDRAWN';

/** What became of one row. All but REJECTED are durable when they are answered. */
export type VoteStatus = 'CREATED' | 'DUPLICATE' | 'REJECTED' | 'SUPERSEDED';

/** How many rows had each status. */
export interface VoteStatusCounts {
  created: number;
  duplicate: number;
  rejected: number;
  superseded: number;
}

export interface WithdrawVotesInput {
  /** As the Idempotency-Key header. */
  idempotencyKey?: string | null;
  projectId: string;
  /** 1 to 10,000 references. */
  votes: VoteReference[];
}

export interface WithdrawVotesPayload {
  /** Whether this is the answer to an earlier call with the same idempotency key. */
  replayed: boolean;
  /** One result a row, in the order of the rows. */
  results: WithdrawalResult[];
}

export interface WithdrawalResult {
  code: string | null;
  index: number;
  message: string | null;
  status: WithdrawalStatus;
}

export type WithdrawalStatus = 'REJECTED' | 'UNCHANGED' | 'WITHDRAWN';

/** One customer: projects and API keys that no other workspace sees. */
export interface Workspace extends Node {
  /** Whether reads of gold answers and downloads are told in the audit log, before anything of them is given. */
  auditReads: boolean;
  createdAt: string;
  id: string;
  name: string;
}

export interface WorkspacePayload {
  workspace: Workspace;
}
