import { Tenancy1764000000001 } from './1764000000001-tenancy.js';
import { ItemsAndAnnotators1764000000002 } from './1764000000002-items-and-annotators.js';
import { Votes1764000000003 } from './1764000000003-votes.js';
import { Runs1764000000004 } from './1764000000004-runs.js';
import { Assignment1764000000005 } from './1764000000005-assignment.js';
import { Predictions1764000000006 } from './1764000000006-predictions.js';
import { Gold1764000000007 } from './1764000000007-gold.js';
import { Reliability1764000000008 } from './1764000000008-reliability.js';
import { LeaseProbes1764000000009 } from './1764000000009-lease-probes.js';
import { QueueFronts1764000000010 } from './1764000000010-queue-fronts.js';
import { Findings1764000000011 } from './1764000000011-findings.js';
import { Certificates1764000000012 } from './1764000000012-certificates.js';
import { PageIndexes1764000000016 } from './1764000000016-page-indexes.js';
import { Rights1764000000019 } from './1764000000019-rights.js';
import { KeyLimits1764000000020 } from './1764000000020-key-limits.js';
import { ConfusionEvidence1764000000024 } from './1764000000024-confusion-evidence.js';
import { RunCosts1764000000025 } from './1764000000025-run-costs.js';
import { RunTraces1764000000030 } from './1764000000030-run-traces.js';
import { Advices1764000000031 } from './1764000000031-advices.js';
import { LabelBlocks1764000000032 } from './1764000000032-label-blocks.js';
import { PackedMatrices1764000000033 } from './1764000000033-packed-matrices.js';
import { AnnotatorPriors1764000000040 } from './1764000000040-annotator-priors.js';
import { Reports1764000000041 } from './1764000000041-reports.js';
import { ProjectDeletions1764000000042 } from './1764000000042-project-deletions.js';
import { AnnotatorErasures1764000000043 } from './1764000000043-annotator-erasures.js';

/** In the order they are applied. */
export const migrations = [
  Tenancy1764000000001,
  ItemsAndAnnotators1764000000002,
  Votes1764000000003,
  Runs1764000000004,
  Assignment1764000000005,
  Predictions1764000000006,
  Gold1764000000007,
  Reliability1764000000008,
  LeaseProbes1764000000009,
  QueueFronts1764000000010,
  Findings1764000000011,
  Certificates1764000000012,
  PageIndexes1764000000016,
  Rights1764000000019,
  KeyLimits1764000000020,
  ConfusionEvidence1764000000024,
  RunCosts1764000000025,
  RunTraces1764000000030,
  Advices1764000000031,
  LabelBlocks1764000000032,
  PackedMatrices1764000000033,
  AnnotatorPriors1764000000040,
  Reports1764000000041,
  ProjectDeletions1764000000042,
  AnnotatorErasures1764000000043,
];
