/** The one door of the aggregation library: pure, no I/O, usable on its own. */
export {
  acquisitionScores, findAcquisitionScore, scoreItems, scoreItemsFor,
  type AcquisitionInput, type AcquisitionPart, type AcquisitionScore,
} from './acquisition.js';
export { activeLab, activeLabAgain, type ActiveLabResult, type ActiveLabWeights } from './acquisition/activelab.js';
export { annotatorGains } from './acquisition/information-gain.js';
export { relabelOrNew, type RelabelDecision, type RelabelOrNew, type RelabelOrNewRequest } from './acquisition/relabel-or-new.js';
export { aggregate, type AggregateRequest } from './aggregate.js';
export { classNumber, classScale, sortedClasses, type ClassScale } from './numeric/class-scale.js';
export { costInWords, costRefusal, runCost, secondsOf, type Cost, type CostBounds, type CostSize, type RunCost } from './numeric/cost.js';
export { voteQuality } from './crowdlab/annotators.js';
export { majorityWithPredictions } from './crowdlab/consensus.js';
export { confidentJoint, noiseEstimates, type ConfidentJoint, type NoiseEstimates } from './label-quality/confident-joint.js';
export { findLabelIssues, issueFilters, rankByScore, rankIssues, type IssueFilter, type IssueOptions } from './label-quality/issues.js';
export { type LabelledPredictions } from './label-quality/labels.js';
export { findIssuesByTag, findTagIssues, scoreTaggedItems, type TaggedPredictions, type TagPooling } from './label-quality/multi-label.js';
export { labelScores, scoreLabels, type LabelScore } from './label-quality/scores.js';
export { livePosteriors, movePosteriors, type TouchedVotes } from './live.js';
export {
  agreementMatrix, agreementMetrics, findAgreementMetric, itemAgreement, measureAgreement, missingScale, pairwiseAgreement,
  type AgreementMeasure, type AgreementMeasureRequest, type AgreementMetric, type AgreementRequest, type AgreementScale, type ItemAgreement, type MissingScale, type PairwiseAgreement,
} from './agreement.js';
export { againstReference, type ReferenceConfusion } from './agreement/against-reference.js';
export { majorityErrors, majorityPriorBounds } from './diagnostics/majority-vote/two-classes.js';
export { majorityOverCounts, oneCoinMargin } from './diagnostics/majority-vote/vote-counts.js';
export { certificateVersion, majorityVoteCertificate, type CertificateOptions, type MajorityVoteCertificate, type MajorityVoteVerdict } from './diagnostics/majority-vote-certificate.js';
export { adviceVersion, advisedMethods, methodAdvice, planAdvice, type AdvisedMethod, type AdviceOptions, type MethodAdvice, type Stability } from './choice/method-advice.js';
export { type GoldScores } from './choice/gold-scores.js';
export { type Bounded } from './numeric/bounded-mean.js';
export { leastGoldToTune, tuneByGold, type Tuning, type TuningInput } from './methods/soft-label-mean/tuning.js';
export { type Recommendation, type RecommendationBasis } from './choice/recommendation.js';
export { confusablePairs, type ConfusablePair } from './diagnostics/confusable-pairs.js';
export { binomialTail } from './diagnostics/annotators/binomial-tail.js';
export { drift, type Drift } from './diagnostics/annotators/drift.js';
export { voteEvidence, type VoteEvidence, type VoteGroups } from './diagnostics/annotators/evidence.js';
export { errorAt, informedness, type Informedness } from './diagnostics/annotators/informedness.js';
export { leaveOneOut } from './diagnostics/annotators/leave-one-out.js';
export { type VoteSequence } from './diagnostics/annotators/vote-sequence.js';
export type * from './method.js';
export { calibration, fitTemperature, withTemperature, type Calibration, type CalibrationOptions, type ReliabilityBin } from './numeric/calibration.js';
export { drawSample, inclusionProbabilities, type DrawnSample, type SamplingFrame } from './diagnostics/drawn-sample.js';
export { sampledShare, type SampledShare } from './diagnostics/sampled-share.js';
export { conflation, disagreement, fitTemperatures, jensenShannonCentroid, meanSoftLabel, temper } from './combination.js';
export { findingCell, findingColumn, findingsOf, findingsPer } from './findings.js';
export { classWarnings, NearClasses } from './near-misses.js';
export { classShares } from './vote-shares.js';
export { defaultMethodId, findMethod, methods, methodsOfVotes, versionsOf } from './methods.js';
export { priorCounts, USUAL_PRIOR_VOTES, type AnnotatorPrior } from './kernels/prior-counts.js';
export { resolveOptions } from './options.js';
export { judgeRepeat, repeatPolicies, sameAnswer, standingVotes, type Answer, type ArrivedVotes, type Repeats } from './repeats.js';
export { ascendingOrder } from './numeric/ascending-order.js';
export { quantiles } from './numeric/quantiles.js';
export { topN } from './numeric/top-n.js';
export { checkPredictions } from './predictions.js';
export { checkParameters, runParameters, type RunParameters } from './run-parameters.js';
export { answerModels, crowdAnnotators, crowdGold, crowdOptions, crowdVotes, simulateCrowd, type CrowdOptions, type CrowdParameters, type SimulatedCrowd } from './simulate.js';
export { VoteTable, type CandidateSets, type VoteColumns } from './vote-table.js';
export { votes, type NamedVotes, type VoteRow } from './votes.js';
export { bestClass, entropy, tiedClasses } from './numeric/simplex.js';
export { betaQuantile } from './numeric/special-functions.js';
