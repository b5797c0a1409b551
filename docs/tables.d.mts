import type { passingReasons } from '../src/formats/foreign/fates.js';
import type { flagOf, ImportOptionSpec } from '../src/formats/foreign/options.js';
import type { Platform } from '../src/formats/foreign/platform.js';
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

export interface ImportRegistries {
  platforms: readonly Platform[];
  importOptionSpecs: readonly ImportOptionSpec[];
  flagOf: typeof flagOf;
  passingReasons: typeof passingReasons;
}

/** The same of the page on importing. */
export function withImportTables(page: string, registries: ImportRegistries): string;
