import { Injectable, Logger } from '@nestjs/common';
import { simulateCrowd } from '../aggregation/index.js';
import { Config } from '../platform/config.js';
import { ROWS_PER_CALL } from '../platform/row-result.js';
import { RepeatPolicy } from '../projects/project.entity.js';
import type { ProjectRulesInput } from '../projects/projects.inputs.js';
import { ProjectsService } from '../projects/projects.service.js';
import { RunStatus } from '../runs/run.entity.js';
import { RunsService } from '../runs/running/runs.service.js';
import { VotesService } from '../votes/votes.service.js';
import { anaesthesiaClasses, anaesthesiaVotes, type Answer } from './anaesthesia.js';

/** Two projects to look at, made at the first start: the crowd that Dawid and Skene wrote about, and a simulated one. */
@Injectable()
export class SampleData {
  private readonly logger = new Logger('samples');

  constructor(
    private readonly projects: ProjectsService,
    private readonly votes: VotesService,
    private readonly runs: RunsService,
    private readonly config: Config,
  ) {}

  async make(workspaceId: number): Promise<void> {
    await this.load(workspaceId, 'Anaesthesia (Dawid and Skene 1979)', anaesthesiaClasses, { repeatPolicy: RepeatPolicy.KEEP_ALL, defaultMethod: 'dawid-skene' }, anaesthesiaVotes);
    const animals = ['cat', 'dog', 'fox', 'wolf'];
    await this.load(workspaceId, 'Animals (simulated)', animals, {}, simulatedVotes(animals));
  }

  private async load(workspaceId: number, name: string, classes: string[], rules: ProjectRulesInput, votes: Answer[]): Promise<void> {
    const actor = { workspaceId };
    const { project } = await this.projects.create(actor, { name, classes, rules });
    for (let from = 0; from < votes.length; from += ROWS_PER_CALL) await this.votes.submit(project, votes.slice(from, from + ROWS_PER_CALL));
    const { run } = await this.runs.start(actor, project);
    // Where workers run apart, they may start later: the results will be there when they do.
    if (!this.config.settings.ASSAY_WORK) return;
    const ended = await this.runs.ended(project.id, run.id);
    if (ended.status === RunStatus.SUCCEEDED) this.logger.log(`sample project ${name}: ${votes.length} votes`);
    else this.logger.warn(`the first run of the sample project ${name} is ${ended.status}`);
  }
}

/** 300 pictures, 20 people, six answers a picture; one person in ten answers without looking. */
function simulatedVotes(classes: string[]): Answer[] {
  const { columns } = simulateCrowd({ items: 300, annotators: 20, classes: classes.length, votesPerItem: 6, skill: 0.7, skillDeviation: 0.12, spammers: 0.1, annotatorTail: 0.5 }, 1979);
  return Array.from(columns.items, (item, vote) => ({
    item: `picture ${item + 1}`, annotator: `person ${columns.annotators[vote]! + 1}`, class: classes[columns.classes[vote]!]!,
  }));
}
