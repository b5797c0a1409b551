/** A number that a rule may read by its name. One that is not known yet is NaN. */
export interface Quantity {
  readonly name: string;
  readonly doc: string;
  readonly range: string;
}

const itemQuantities = [
  { name: 'votes', doc: 'Votes for a class that count.', range: '0 to 10,000' },
  { name: 'confidence', doc: 'Probability of the most probable class.', range: '1/K to 1' },
  { name: 'entropy', doc: 'Entropy of the probabilities, in nats.', range: '0 to ln K' },
  { name: 'disagreement', doc: 'Share of the votes that are not for the most voted class.', range: '0 to 1' },
  { name: 'leadingVotes', doc: 'Votes for the most voted class.', range: '0 to 10,000' },
  { name: 'topTwoGap', doc: 'Largest minus second largest probability.', range: '0 to 1' },
  { name: 'confusionProbability', doc: 'How often an annotator who looks at the item still takes it for its second class; known where the current run is of method top-two.', range: '0 to 0.5' },
  { name: 'difficulty', doc: "GLAD's difficulty of the item; known where the current run is of method glad.", range: '0 and more' },
  { name: 'methodDisagreement', doc: 'How far apart the methods are whose mean the label is, in nats; known where the current run is of method soft-label-mean.', range: '0 to ln 2' },
  { name: 'gain', doc: 'What one more vote, of an average annotator, is expected to tell, in nats.', range: '0 to ln K' },
  { name: 'age_hours', doc: 'Hours since the item was added.', range: '0 and more' },
  { name: 'cost', doc: 'What its votes have cost so far.', range: '0 and more' },
  { name: 'leases', doc: 'Annotators who have the item now and have not answered.', range: '0 to maxVotes' },
  { name: 'classes', doc: 'K, the number of classes of the project.', range: '2 to 10,000' },
  { name: 'minVotes', doc: "The project's minVotes.", range: '1 to 10,000' },
  { name: 'maxVotes', doc: "The project's maxVotes.", range: '1 to 10,000' },
  { name: 'target', doc: "The project's confidence rule, or 1 where it has none.", range: 'above 0, up to 1' },
] as const satisfies readonly Quantity[];

const annotatorQuantities = [
  { name: 'votes', doc: 'Votes for a class that count.', range: '0 and more' },
  { name: 'accuracy', doc: "Estimated share of the annotator's votes that are right, from the current run.", range: '0 to 1' },
  { name: 'accuracyLow', doc: 'Lower end of the interval of accuracy.', range: '0 to 1' },
  { name: 'accuracyHigh', doc: 'Upper end of the interval of accuracy.', range: '0 to 1' },
  { name: 'goldVotes', doc: 'Votes on items whose answer is known.', range: '0 and more' },
  { name: 'goldAccuracy', doc: 'Share of those votes that are right.', range: '0 to 1' },
  { name: 'goldAccuracyLow', doc: 'Lower end of the interval of goldAccuracy.', range: '0 to 1' },
  { name: 'goldAccuracyHigh', doc: 'Upper end of the interval of goldAccuracy.', range: '0 to 1' },
  { name: 'agreement', doc: "Mean probability of the annotator's answers by what all others say of their items.", range: '0 to 1' },
  { name: 'chance', doc: 'The agreement, and accuracy, to expect if the annotator answered in the same shares of classes without looking at the items.', range: '0 to 1' },
  { name: 'topClassShare', doc: "Share of the annotator's votes that go to their most used class.", range: '1/K to 1' },
  { name: 'medianSeconds', doc: 'Median time for an answer, in seconds.', range: '0 and more' },
  { name: 'recentVotes', doc: 'The newest votes, up to 50.', range: '0 and more' },
  { name: 'recentAccuracy', doc: 'Estimated share of those votes that are right.', range: '0 to 1' },
  { name: 'skips', doc: 'Answers without a class: SKIP, UNSURE or CANNOT_LABEL.', range: '0 and more' },
] as const satisfies readonly Quantity[];

export type ItemQuantities = Record<(typeof itemQuantities)[number]['name'], number>;
export type AnnotatorQuantities = Record<(typeof annotatorQuantities)[number]['name'], number>;

/** The kinds of rule: what each decides, what its expression gives, the quantities that it may read, and whether it may ask about single classes. */
export const ruleKinds = {
  done: { field: 'doneRule', result: 'boolean', doc: 'True makes an item done, in place of minVotes and confidence.', quantities: itemQuantities, ofClasses: true },
  priority: { field: 'priorityRule', result: 'number', doc: 'The items with the greatest values are asked about first, in place of the policy.', quantities: itemQuantities, ofClasses: true },
  flag: { field: 'flagRule', result: 'boolean', doc: 'True flags an item for people to look at.', quantities: itemQuantities, ofClasses: true },
  pause: { field: 'pauseRule', result: 'boolean', doc: 'True pauses an annotator.', quantities: annotatorQuantities, ofClasses: false },
} as const;

export type RuleKind = keyof typeof ruleKinds;
export type QuantitiesOf<K extends RuleKind> = Record<(typeof ruleKinds)[K]['quantities'][number]['name'], number>;
export type ResultOf<K extends RuleKind> = (typeof ruleKinds)[K]['result'] extends 'boolean' ? boolean : number;
