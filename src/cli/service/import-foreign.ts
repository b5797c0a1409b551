import { createWriteStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { NearClasses } from '../../aggregation/index.js';
import { csv } from '../../formats/csv/csv.js';
import { passingReasons } from '../../formats/foreign/fates.js';
import { openForeign } from '../../formats/platforms/open.js';
import { type ForeignAnswer, ForeignImportService, type ForeignRefusal } from '../../ingest/foreign-import.service.js';
import { type ForeignFlags, optionsFrom, placeOf, withFiles } from '../foreign/options.js';
import { PhaseBar } from '../progress.js';
import { checking, Refusal, refusing } from '../refusal.js';
import { say, visible, warn } from '../terminal.js';
import { findProject, withService } from './service.js';

export interface ForeignImportFlags extends ForeignFlags {
  project: string;
  dryRun?: true;
  rejects?: string;
  header?: boolean;
  json?: boolean;
}

/** Refused records that are told one by one. */
const TOLD = 20;

/** Files of another platform into a project. */
export async function importForeign(paths: readonly string[], flags: ForeignImportFlags): Promise<void> {
  const { classMap, ...others } = flags;
  // A map that is not there is asked for: it is written, and nothing is loaded.
  const wanted = typeof classMap === 'string' && !existsSync(classMap) ? classMap : null;
  const options = await optionsFrom(wanted === null ? flags : others);
  const bar = new PhaseBar();
  const refusals: ForeignRefusal[] = [];
  const { answer, classes } = await withService(async (app) => {
    const project = await findProject(app, flags.project);
    return withFiles(paths, (bytes) => bar.advance(bytes), async (files, bytes) => {
      const opened = await openForeign(flags.from!, files, options, project.classes).catch((error: unknown) => checking(() => { throw error; }, '', true));
      bar.start(flags.dryRun ? 'read' : 'load', bytes);
      try {
        const answer = await app.get(ForeignImportService).load(project, { workspaceId: project.workspaceId }, opened, {
          dryRun: flags.dryRun ?? wanted !== null, mayGold: true, onRefusal: flags.rejects === undefined ? undefined : (refusal) => refusals.push(refusal),
        });
        return { answer, classes: project.classes };
      } finally {
        bar.stop();
      }
    });
  });
  if (wanted !== null) return writeClassMap(wanted, answer, classes);
  if (flags.rejects !== undefined) await writeRejects(flags.rejects, refusals);
  if (flags.json) say(JSON.stringify(answer));
  else report(answer, classes);
  const refused = Object.values(answer.refused).reduce((sum, count) => sum + count, 0);
  if (refused > 0) throw new Refusal(`${refused} ${refused === 1 ? 'record was' : 'records were'} refused${flags.rejects === undefined ? '; --rejects FILE writes them with their places' : `; they are in ${visible(flags.rejects)}`}`);
}

async function writeRejects(path: string, refusals: readonly ForeignRefusal[]): Promise<void> {
  await refusing(path, () => pipeline(csv.write(['file', 'at', 'code', 'message'], [refusals.map(({ file, at, code, message }) => [file, at, code, message])]), createWriteStream(path)));
}

/** @throws Refusal that tells what to do with the file, since nothing is loaded */
async function writeClassMap(path: string, { unknownClasses, votes }: ForeignAnswer, classes: readonly string[]): Promise<void> {
  const names = Object.entries(unknownClasses);
  if (names.length === 0) throw new Refusal(`there is no file ${visible(path)}, and none is needed: the project has the classes of all ${votes.found} votes; leave --class-map out`, true);
  const near = new NearClasses(classes);
  await refusing(path, () => pipeline(csv.write(['class', 'to', 'answers', 'nearest'], [names.map(([name, count]) => [name, null, count, near.nearest(name)])]), createWriteStream(path)));
  throw new Refusal(`the project lacks ${names.length} classes of the file; they are in ${visible(path)} now, and nothing is loaded: write into the column "to" which of ${classes.slice(0, 10).join(', ')} each is, and run the command again`);
}

function report(answer: ForeignAnswer, classes: readonly string[]): void {
  const { votes, gold, items, predictions } = answer;
  const would = answer.dryRun ? 'would be loaded' : 'found';
  const lines = [
    `${answer.platform}${answer.dryRun ? ', nothing written' : ''}`,
    `votes: ${votes.found} ${would}, of ${answer.annotators} annotators${answer.dryRun ? '' : `: ${votes.created} created, ${votes.superseded} superseded, ${votes.duplicate} duplicate`}`,
    ...(Object.keys(answer.classes).length > 0 ? [`  ${listed(answer.classes)}`] : []),
    ...(Object.keys(answer.outcomes).length > 0 ? [`  ${listed(answer.outcomes)}`] : []),
    `items: ${items.found} ${would}${answer.dryRun ? '' : `: ${items.created} created`}`,
    ...(gold.found > 0 ? [`gold answers: ${gold.found} ${would}${answer.dryRun ? '' : `: ${gold.created} created, ${gold.updated} updated`}`] : []),
    ...(predictions.found > 0 ? [`predictions: ${predictions.found} ${would}${answer.dryRun ? '' : `: ${predictions.created} created`}`] : []),
  ];
  say(lines.map(visible).join('\n'));
  for (const [reason, count] of Object.entries(answer.passed)) warn(`passed over, ${reason}: ${count} (${passingReasons[reason as keyof typeof passingReasons]})`);
  for (const [code, count] of Object.entries(answer.refused)) warn(`refused, ${code}: ${count}`);
  for (const { file, at, message } of answer.refusals.slice(0, TOLD)) warn(visible(`${file}, ${placeOf(at)}: ${message}`));
  if (answer.refusals.length > TOLD) warn(`and more; --rejects FILE writes all, --json tells up to 10,000`);
  const unknown = Object.keys(answer.unknownClasses);
  if (unknown.length > 0) {
    warn(visible(`classes that the project lacks: ${listed(answer.unknownClasses)}; it has ${classes.slice(0, 10).join(', ')}. --class-map NEW-FILE writes them to a file, to be filled in and given again`));
  }
  for (const note of answer.notes) warn(visible(note));
}

/** cat 3, dog 2, with the first 20. */
function listed(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts);
  return `${all.slice(0, 20).map(([name, count]) => `${name} ${count}`).join(', ')}${all.length > 20 ? ` and ${all.length - 20} more` : ''}`;
}
