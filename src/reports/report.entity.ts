import { Field, ID, Int, InterfaceType, registerEnumType } from '@nestjs/graphql';
import { globalId } from '../platform/graphql/global-id.js';
import { BigIntScalar } from '../platform/graphql/scalars.js';
import type { Directory } from './report-pages.js';

export enum ReportStatus {
  QUEUED = 'QUEUED',
  RUNNING = 'RUNNING',
  SUCCEEDED = 'SUCCEEDED',
  FAILED = 'FAILED',
  CANCELLED = 'CANCELLED',
}

registerEnumType(ReportStatus, {
  name: 'ReportStatus',
  valuesMap: {
    QUEUED: { description: 'Waits for a worker, perhaps again after one was lost.' },
    RUNNING: {},
    SUCCEEDED: { description: 'Its result is there.' },
    FAILED: { description: 'Ended without a result; `failure` tells why. To ask again is to try again.' },
    CANCELLED: { description: 'To ask again is to begin again.' },
  },
});

/** The columns that a report is read by; its pages are read in slices. */
export const REPORT_COLUMNS = `project_id as "projectId", id, kind, version, request, watermark, status, attempt, failure, result, directory,
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt"`;

/** A row as it is read; each kind shows it as a class of its own. */
@InterfaceType({
  description: 'Something worked out on request about the votes and gold as they stood at a watermark. The same question at the same watermark is answered by the report that is there.',
  resolveType: (report: object) => report.constructor.name,
})
export abstract class Report {
  projectId: number;
  /** Within the project. */
  number: number;
  kind: string;
  request: object;
  result: object | null;
  directory: Directory | null;

  @Field(() => ID, { name: 'id' })
  get nodeId(): string {
    return globalId('Report', this.projectId, this.number);
  }

  @Field(() => ReportStatus)
  status: ReportStatus;

  @Field(() => Int, { description: 'Another version of its kind may say otherwise.' })
  version: number;

  @Field(() => BigIntScalar, { description: 'The point of the vote log that it is of: votes and gold answers that came later are not in it.' })
  watermark: number;

  @Field(() => Int, { description: 'How many workers have taken it up; more than 1 after a worker was lost.' })
  attempt: number;

  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  failure: string | null;

  @Field(() => Date)
  createdAt: Date;

  @Field(() => Date, { nullable: true, description: 'When a worker took it up, the first time.' })
  startedAt: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt: Date | null;
}
