import { Args, Int, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { ItemsService } from '../items/items.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { conflict, invalid } from '../platform/errors.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import type { Project } from '../projects/project.entity.js';
import type { ReportRow } from '../reports/report-pages.js';
import { ReportsService } from '../reports/reports.service.js';
import { OldResults } from '../results/old-results.service.js';
import { NamedRun } from '../runs/named-run.js';
import {
  AgreementReference, AnnotatorAgreement, AnnotatorAgreementConnection, AnnotatorAgreementOrder, AnnotatorAgreementReport, ClassQuality, ConfusionCount, referenceReport,
  RequestAnnotatorAgreementInput, RequestAnnotatorAgreementPayload,
} from './reference-report.js';
import type { ReferenceRequest } from './reference.task.js';
import { checkedSelection } from './vote-selection.js';

@Resolver(() => AnnotatorAgreementReport)
export class AnnotatorAgreementReportResolver {
  constructor(
    private readonly access: ProjectAccess,
    private readonly reports: ReportsService,
    private readonly runs: NamedRun,
    private readonly old: OldResults,
    private readonly items: ItemsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  @Mutation(() => RequestAnnotatorAgreementPayload, { description: 'Compares in the background the votes of each annotator with gold or with a consensus; follow it by report.' })
  @RequiresScope('results:read')
  async requestAnnotatorAgreement(@Context() context: RequestContext, @Args('input') input: RequestAnnotatorAgreementInput): Promise<RequestAnnotatorAgreementPayload> {
    const project = await this.access.find(context.principal!, input.projectId);
    const request: ReferenceRequest = {
      classes: project.classes, selection: await checkedSelection(project, input.selection, this.items, this.annotators), runId: await this.runOf(context, project, input),
    };
    return this.reports.request(project, { kind: referenceReport, request, watermark: input.watermark }, idempotencyKeyOf(context, input));
  }

  @Cost({ reads: 100 })
  @ResolveField(() => AnnotatorAgreementConnection, { nullable: true, description: 'Annotators with a vote on an item of the reference; null until it succeeded.' })
  annotatorAgreement(@Parent() report: AnnotatorAgreementReport, @Args() page: PageArgs, @Args('order', { type: () => AnnotatorAgreementOrder, defaultValue: AnnotatorAgreementOrder.ANNOTATOR }) order: AnnotatorAgreementOrder) {
    return this.reports.rows(report, 'annotators', order, page, ({ annotator, votes, agreed, firstCell, cells }) => Object.assign(new AnnotatorAgreement(), {
      report, annotatorCode: annotator, firstCell, cells, votes, agreed, accuracy: agreed! / votes!,
    }));
  }

  private async runOf(context: RequestContext, project: Project, { reference, run }: RequestAnnotatorAgreementInput): Promise<number | null> {
    if (reference === AgreementReference.GOLD) {
      if (run != null) throw invalid('input.run is given, and gold is of no run; leave it out, or compare with CONSENSUS', 'input.run');
      return null;
    }
    if (run == null && project.currentRunId == null) throw conflict('the project has no results yet: start a run (startRun) and wait for its end');
    const runId = run == null ? project.currentRunId! : (await this.runs.find(context, project.id, run)).id;
    await this.old.ready({ projectId: project.id, runId });
    return runId;
  }
}

@Resolver(() => AnnotatorAgreement)
export class AnnotatorAgreementResolver {
  constructor(
    private readonly reports: ReportsService,
    private readonly annotators: AnnotatorsService,
  ) {}

  @ResolveField(() => Annotator)
  annotator(@Context() context: RequestContext, @Parent() { report: { projectId }, annotatorCode }: AnnotatorAgreement) {
    return this.annotators.ofCode(context, projectId, annotatorCode);
  }

  @Cost({ reads: 5, list: 20 })
  @ResolveField(() => [ClassQuality], { description: 'Of each class that they gave, or that an item of theirs has in the reference.' })
  async perClass(@Context() context: RequestContext, @Parent() agreement: AnnotatorAgreement): Promise<ClassQuality[]> {
    const cells = await this.cells(context, agreement);
    const sum = (test: (cell: ReportRow) => boolean) => cells.reduce((total, cell) => (test(cell) ? total + cell.votes! : total), 0);
    const used = [...new Set(cells.flatMap(({ reference, given }) => [reference!, given!]))].sort((a, b) => a - b);
    return used.map((k) => {
      const [right, given, reference] = [sum((cell) => cell.reference === k && cell.given === k), sum((cell) => cell.given === k), sum((cell) => cell.reference === k)];
      return { class: agreement.report.request.classes[k]!, precision: given > 0 ? right / given : null, recall: reference > 0 ? right / reference : null, given, reference };
    });
  }

  @Cost({ reads: 5 })
  @ResolveField(() => [ConfusionCount], { description: 'Which classes they give in place of others, the most frequent first.' })
  async topConfusions(@Context() context: RequestContext, @Parent() agreement: AnnotatorAgreement, @Args('first', { type: () => Int, defaultValue: 5, description: '1 to 1,000.' }) first: number): Promise<ConfusionCount[]> {
    if (first < 1 || first > 1000) throw invalid(`first is ${first}; it goes from 1 to 1000`, 'first');
    const { classes } = agreement.report.request;
    const wrong = (await this.cells(context, agreement)).filter(({ reference, given }) => reference !== given).sort((a, b) => b.votes! - a.votes! || a.position - b.position);
    return wrong.slice(0, first).map(({ reference, given, votes }) => ({ reference: classes[reference!]!, given: classes[given!]!, votes: votes! }));
  }

  private cells(context: RequestContext, { report, firstCell, cells }: AnnotatorAgreement): Promise<ReportRow[]> {
    return this.reports.stretch(context, report, 'cells', 'ANNOTATOR', firstCell, cells);
  }
}
