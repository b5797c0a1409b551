import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Annotator } from '../annotators/annotator.entity.js';
import { AnnotatorsService } from '../annotators/annotators.service.js';
import { Item } from '../items/item.entity.js';
import { ItemsService } from '../items/items.service.js';
import { Cost } from '../platform/graphql/cost.js';
import { PageArgs } from '../platform/graphql/pagination.js';
import { RequiresScope } from '../platform/principal.js';
import { Context, idempotencyKeyOf, type RequestContext } from '../platform/request-context.js';
import { ProjectAccess } from '../projects/project-access.js';
import { ReportsService } from '../reports/reports.service.js';
import {
  AgreementItem, AgreementItemConnection, AgreementItemOrder, AgreementPair, AgreementPairConnection, AgreementPairOrder, AgreementReport, ClassAgreement,
} from './agreement-report.js';
import { RequestAgreementInput, RequestAgreementPayload } from './agreement.inputs.js';
import { AgreementService } from './agreement.service.js';

@Resolver(() => AgreementReport)
export class AgreementResolver {
  constructor(
    private readonly service: AgreementService,
    private readonly access: ProjectAccess,
    private readonly reports: ReportsService,
  ) {}

  @Mutation(() => RequestAgreementPayload, { description: 'Measures in the background how far annotators agree; follow it by report.' })
  @RequiresScope('results:read')
  async requestAgreement(@Context() context: RequestContext, @Args('input') input: RequestAgreementInput): Promise<RequestAgreementPayload> {
    const project = await this.access.find(context.principal!, input.projectId);
    return this.service.request(project, input, idempotencyKeyOf(context, input));
  }

  @Cost({ list: 20 })
  @ResolveField(() => [ClassAgreement], { nullable: true, description: 'Null until it succeeded, and where CLASS was not asked for.' })
  perClass(@Parent() { request, result }: AgreementReport): ClassAgreement[] | null {
    return result?.perClass?.map((value, k) => ({ class: request.classes[k]!, value })) ?? null;
  }

  @Cost({ reads: 100 })
  @ResolveField(() => AgreementItemConnection, { nullable: true, description: 'Items with two votes or more; null until it succeeded, and where ITEM was not asked for.' })
  items(@Parent() report: AgreementReport, @Args() page: PageArgs, @Args('order', { type: () => AgreementItemOrder, defaultValue: AgreementItemOrder.ITEM }) order: AgreementItemOrder) {
    return this.reports.rows(report, 'items', order, page, ({ item, votes, agreement }) => Object.assign(new AgreementItem(), { projectId: report.projectId, itemCode: item, votes, agreement }));
  }

  @Cost({ reads: 100 })
  @ResolveField(() => AgreementPairConnection, { nullable: true, description: 'Pairs of annotators who share an item; null until it succeeded, and where PAIR was not asked for.' })
  pairs(@Parent() report: AgreementReport, @Args() page: PageArgs, @Args('order', { type: () => AgreementPairOrder, defaultValue: AgreementPairOrder.ANNOTATORS }) order: AgreementPairOrder) {
    return this.reports.rows(report, 'pairs', order, page, ({ first, second, sharedItems, value }) => Object.assign(new AgreementPair(), {
      projectId: report.projectId, firstCode: first, secondCode: second, sharedItems, value: Number.isNaN(value) ? null : value,
    }));
  }
}

@Resolver(() => AgreementItem)
export class AgreementItemResolver {
  constructor(private readonly items: ItemsService) {}

  @ResolveField(() => Item)
  item(@Context() context: RequestContext, @Parent() { projectId, itemCode }: AgreementItem) {
    return this.items.ofCode(context, projectId, itemCode);
  }
}

@Resolver(() => AgreementPair)
export class AgreementPairResolver {
  constructor(private readonly annotators: AnnotatorsService) {}

  @ResolveField(() => Annotator)
  first(@Context() context: RequestContext, @Parent() { projectId, firstCode }: AgreementPair) {
    return this.annotators.ofCode(context, projectId, firstCode);
  }

  @ResolveField(() => Annotator)
  second(@Context() context: RequestContext, @Parent() { projectId, secondCode }: AgreementPair) {
    return this.annotators.ofCode(context, projectId, secondCode);
  }
}
