import { Field, Float, ID, ObjectType } from '@nestjs/graphql';
import { globalId } from '../platform/graphql/global-id.js';

@ObjectType({ description: 'How often an annotator answered one class where another was true, or the same.' })
export class PriorCount {
  @Field(() => String, { description: 'The true class.' })
  truth: string;

  @Field(() => String, { description: 'The class that was voted for.' })
  vote: string;

  @Field(() => Float)
  count: number;
}

/** Read by hand-made SQL, so that it is no TypeORM entity; the table is the migration's. */
@ObjectType({ description: 'What a project knows of an annotator beforehand. Methods that read prior counts (aggregationMethods { reads }) begin with it: as if the annotator had answered so many items whose truth is known.' })
export class AnnotatorPrior {
  projectId: number;
  annotatorCode: number;
  fromProject: number | null;
  fromRun: number | null;
  classes: string[];
  truths: number[] | null;
  labels: number[] | null;
  cellCounts: number[] | null;
  /** The accuracy that was given; null for counts. */
  given: number | null;

  @Field(() => Float, { description: 'The share of right answers: as it was given, or as the counts have it. 0 to 1.' })
  get accuracy(): number {
    if (!this.cellCounts) return this.given!;
    let right = 0;
    let all = 0;
    this.cellCounts.forEach((count, c) => {
      all += count;
      if (this.truths![c] === this.labels![c]) right += count;
    });
    return right / all;
  }

  @Field(() => Float, { description: 'How many answers with a known truth it counts as.' })
  votes: number;

  /** In answers: their sum is `votes`. Null for an accuracy, which says nothing of single classes. */
  countsOfClasses(): PriorCount[] | null {
    if (!this.cellCounts) return null;
    const scale = this.votes / this.cellCounts.reduce((sum, count) => sum + count, 0);
    return this.cellCounts.map((count, c) => ({ truth: this.classes[this.truths![c]!]!, vote: this.classes[this.labels![c]!]!, count: count * scale }));
  }

  @Field(() => ID, { name: 'run', nullable: true, description: 'The run of another project that it was taken from; null where a caller gave it.' })
  get sourceRun(): string | null {
    return this.fromProject == null ? null : globalId('Run', this.fromProject, this.fromRun!);
  }

  @Field(() => String, { nullable: true, description: 'Why, as it was told.' })
  reason: string | null;

  @Field(() => Date, { description: 'When the service wrote it.' })
  at: Date;
}

/** The columns a prior is read by, as SQL over the alias prior; $1 is its project. */
export const PRIOR_COLUMNS = `prior.project_id as "projectId", prior.annotator_code as "annotatorCode", prior.from_project as "fromProject", prior.from_run as "fromRun",
  prior.truths, prior.labels, prior.counts as "cellCounts", prior.accuracy as given, prior.votes, prior.reason, prior.received_at as at,
  (select classes from projects where id = $1) as classes`;
