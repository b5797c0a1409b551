import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { agreementMetrics, classScale, findAgreementMetric, measureAgreement, resolveOptions, VoteTable, type AgreementMetric } from '../aggregation/index.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { ItemsService } from '../items/items.service.js';
import { invalid, limitExceeded, refusing } from '../platform/errors.js';
import type { Project } from '../projects/project.entity.js';
import type { Requested } from '../reports/report.inputs.js';
import { ReportsService } from '../reports/reports.service.js';
import { AgreementBy, agreementReport, type AgreementReport } from './agreement-report.js';
import type { RequestAgreementInput } from './agreement.inputs.js';
import type { AgreementRequest } from './agreement.task.js';
import { checkedSelection } from './vote-selection.js';

/** Of metrics that look at each pair of votes: some 2 microseconds a vote and replicate. */
const MOST_PAIRED = 2 ** 28;
/** Of metrics with a distance of their own between any two classes. */
const MOST_DISTANCES = 2 ** 34;

@Injectable()
export class AgreementService {
  constructor(
    private readonly source: DataSource,
    private readonly reports: ReportsService,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  /** @throws INVALID_INPUT naming the field, the value and what is allowed; LIMIT_EXCEEDED where replicates would take too long. */
  async request(project: Project, input: RequestAgreementInput, idempotencyKey: string | null): Promise<Requested<AgreementReport>> {
    const request: AgreementRequest = { ...checkedMeasure(project, input), selection: await checkedSelection(project, input.selection, this.items, this.annotators) };
    if (request.replicates > 0) await this.requireTime(project, findAgreementMetric(request.metric), request.replicates);
    return this.reports.request(project, { kind: agreementReport, request, watermark: input.watermark }, idempotencyKey);
  }

  private async requireTime({ id, classes }: Project, metric: AgreementMetric, replicates: number): Promise<void> {
    const [row] = await this.source.query<{ votes: number }[]>(`select coalesce(sum(votes), 0)::float8 as votes from project_counts where project_id = $1`, [id]);
    const { votes } = row!;
    const isOfItems = metric.ofItems || metric.ofSets;
    const most = isOfItems ? Math.floor(MOST_DISTANCES / Math.max(classes.length ** 2, votes)) : Math.floor(MOST_PAIRED / Math.max(1, votes));
    if (replicates > most) throw limitExceeded(`input.replicates is ${replicates}; with ${votes} votes and ${classes.length} classes ${metric.id} takes at most ${most}`, 'input.replicates');
  }
}

/** All that can be told without the votes. */
function checkedMeasure(project: Project, input: RequestAgreementInput): Omit<AgreementRequest, 'selection'> {
  const { classes } = project;
  const { classValues = null, replicates, level, seed } = input;
  const given = input.options ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) throw invalid('input.options is an object of options by name', 'input.options');
  const metric = refusing('input.metric', () => findAgreementMetric(input.metric));
  const options = refusing('input.options', () => resolveOptions(metric, given));
  const by = Object.values(AgreementBy).filter((part) => input.by.includes(part));
  if (by.includes(AgreementBy.PAIR) && !metric.forPairs) {
    throw invalid(`${metric.id} does not compare pairs of annotators; these do: ${agreementMetrics.filter(({ forPairs }) => forPairs).map(({ id }) => id).join(', ')}`, 'input.by');
  }
  const none = new VoteTable({ items: [], annotators: [], classes: [], itemCount: 0, annotatorCount: 0, classCount: classes.length, classScale: classScale(classes, true) });
  const field = classValues ? 'input.classValues' : 'input.level';
  refusing(field, () => measureAgreement({ metric: metric.id, votes: none, options, ...(classValues && { classValues }), level, seed }));
  return { metric: metric.id, metricVersion: metric.version, options, by, classes, classValues: classValues ?? null, replicates, level, seed };
}
