import type { AcquisitionScore, AggregationMethod, AgreementMetric, FindingSpec, OptionSpec } from '../src/aggregation/index.js';

export interface Registries {
  methods: readonly AggregationMethod[];
  findingColumn: (spec: FindingSpec) => string;
  agreementMetrics: readonly AgreementMetric[];
  acquisitionScores: readonly AcquisitionScore[];
  crowdOptions: readonly OptionSpec[];
}

/** The page with every generated table replaced by that of the registries. */
export function withTables(page: string, registries: Registries): string;
