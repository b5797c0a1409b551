import { Field, InputType } from '@nestjs/graphql';
import { ArrayMaxSize, IsOptional } from 'class-validator';
import type { AnnotatorsService } from '../annotators/annotators.service.js';
import type { ItemsService } from '../items/items.service.js';
import { invalid } from '../platform/errors.js';
import { excerpt, requireText } from '../platform/text.js';
import type { Project } from '../projects/project.entity.js';
import { ReportInput } from '../reports/report.inputs.js';

const MOST = 10_000;

@InputType({ description: 'Only these of the votes that stand at the watermark; all where left out.' })
export class VoteSelectionInput {
  @Field(() => [String], { nullable: true, description: 'External ids of items, up to 10,000.' })
  @IsOptional() @ArrayMaxSize(MOST)
  items?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'External ids of annotators, up to 10,000.' })
  @IsOptional() @ArrayMaxSize(MOST)
  annotators?: string[] | null;

  @Field(() => Date, { nullable: true, description: 'Votes from this moment on: by when they were given, or else received.' })
  timeFrom?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Votes before this moment.' })
  timeTo?: Date | null;

  @Field(() => [String], { nullable: true, description: 'Votes given under one of these versions of the guideline, up to 1,000.' })
  @IsOptional() @ArrayMaxSize(1000)
  guidelineVersions?: string[] | null;
}

/** Of reports about some of the votes. */
@InputType({ isAbstract: true })
export abstract class SelectedVotesInput extends ReportInput {
  @Field(() => VoteSelectionInput, { nullable: true })
  selection?: VoteSelectionInput | null;
}

/** As a report keeps it: codes ascending, texts in order, moments in RFC 3339. Null stands for all. */
export interface VoteSelection {
  items: number[] | null;
  annotators: number[] | null;
  timeFrom: string | null;
  timeTo: string | null;
  guidelineVersions: string[] | null;
}

/** @throws INVALID_INPUT for an unknown id, an empty list, and a span of time that ends before it begins. */
export async function checkedSelection(project: Project, input: VoteSelectionInput | null | undefined, items: ItemsService, annotators: AnnotatorsService): Promise<VoteSelection> {
  const { timeFrom, timeTo, guidelineVersions } = input ?? {};
  if (timeFrom && timeTo && !(timeFrom < timeTo)) throw invalid(`input.selection goes from ${timeFrom.toISOString()} to ${timeTo.toISOString()}; timeTo is after timeFrom`, 'input.selection.timeTo');
  return {
    items: await codes(project, 'items', input?.items, items),
    annotators: await codes(project, 'annotators', input?.annotators, annotators),
    timeFrom: timeFrom?.toISOString() ?? null,
    timeTo: timeTo?.toISOString() ?? null,
    guidelineVersions: texts('guidelineVersions', guidelineVersions),
  };
}

async function codes(project: Project, name: 'items' | 'annotators', asked: string[] | null | undefined, { dictionary }: ItemsService | AnnotatorsService): Promise<number[] | null> {
  const ids = texts(name, asked);
  if (!ids) return null;
  const found = await dictionary.codes(project.id, ids, false, name === 'annotators' ? project.annotatorErasures : 0);
  const unknown = found.indexOf(-1);
  if (unknown >= 0) throw invalid(`input.selection.${name} names ${excerpt(ids[unknown])}, which the project does not have`, `input.selection.${name}`);
  return Array.from(found).sort((a, b) => a - b);
}

function texts(name: string, asked: string[] | null | undefined): string[] | null {
  if (asked == null) return null;
  const field = `input.selection.${name}`;
  if (asked.length === 0) throw invalid(`${field} is empty; leave it out to select all`, field);
  asked.forEach((text) => requireText(text, field));
  return [...new Set(asked)].sort();
}
