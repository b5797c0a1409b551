import type { DataSource } from 'typeorm';
import { findingCell, findingColumn, findingsOf } from '../aggregation/index.js';
import type { CellValue } from '../formats/text/writer.js';
import type { Project } from '../projects/project.entity.js';
import type { Run } from '../runs/run.entity.js';

/** One kind of download: its columns, and its rows in pages of a few thousand, so that memory stays constant. */
export interface ExportTable {
  columns: readonly string[];
  pages(): AsyncGenerator<CellValue[][]>;
}

const PAGE_ROWS = 5000;

/** What a run found about items, or annotators: columns behind the others, and the cells of a row's numbers. */
function foundColumns({ methodId }: Run, per: 'item' | 'annotator', names: readonly string[] | null, classes: readonly string[]) {
  const found = findingsOf(methodId, per).filter(({ name }) => names?.includes(name));
  const places = found.map(({ name }) => names!.indexOf(name));
  return {
    columns: found.map(findingColumn),
    cells: (findings: string | null): CellValue[] => {
      const numbers = findings == null ? [] : numbersIn(findings);
      return found.map((spec, i) => findingCell(spec, numbers[places[i]!], classes));
    },
  };
}

/** Soft labels of one run, in the order of item codes. A run's results never change, so that pages fit together. */
export function softLabelTable(source: DataSource, project: Project, run: Run): ExportTable {
  const { classes } = project;
  const found = foundColumns(run, 'item', run.itemFindings, classes);
  // Rows of 10,000 classes are 80 KB each.
  const rows = Math.max(20, Math.min(PAGE_ROWS, Math.floor(500_000 / classes.length)));
  return {
    columns: ['item', 'label', 'confidence', 'entropy', 'votes', 'tie', ...classes.map((name) => `p_${name}`), ...found.columns],
    pages: () => keysetPages<{ key: number; item: string; consensus: number; confidence: number; entropy: number; votes: number; tie: boolean; probabilities: string; findings: string | null }>(
      source,
      `select label.item_code as key, item.external_id as item, label.consensus, label.confidence, label.entropy, label.votes, label.tie, label.probabilities::text, label.findings::text
       from soft_labels label join items item on item.project_id = label.project_id and item.code = label.item_code
       where label.project_id = $1 and label.run_id = $2 and label.item_code > $3 order by label.item_code limit ${rows}`,
      [project.id, run.id], rows,
      (row) => [row.item, classes[row.consensus], row.confidence, row.entropy, row.votes, row.tie, ...numbersIn(row.probabilities), ...found.cells(row.findings)],
    ),
  };
}

export function annotatorTable(source: DataSource, project: Project, run: Run): ExportTable {
  const found = foundColumns(run, 'annotator', run.annotatorFindings, project.classes);
  return {
    columns: ['annotator', 'kind', 'votes', 'quality', 'accuracy', 'accuracy_low', 'accuracy_high', ...found.columns],
    pages: () => keysetPages<{ key: number; annotator: string; kind: string; votes: number; quality: number | null; accuracy: number; accuracy_low: number; accuracy_high: number; findings: string | null }>(
      source,
      `select result.annotator_code as key, annotator.external_id as annotator, annotator.kind, result.votes, result.quality,
              result.accuracy, result.accuracy_low, result.accuracy_high, result.findings::text
       from annotator_results result
       join annotators annotator on annotator.project_id = result.project_id and annotator.code = result.annotator_code
       where result.project_id = $1 and result.run_id = $2 and result.annotator_code > $3 order by result.annotator_code limit ${PAGE_ROWS}`,
      [project.id, run.id], PAGE_ROWS,
      (row) => [row.annotator, row.kind, row.votes, row.quality, row.accuracy, row.accuracy_low, row.accuracy_high, ...found.cells(row.findings)],
    ),
  };
}

const outcomes = ['CLASS', 'SKIP', 'UNSURE', 'CANNOT_LABEL'];
const states = ['STANDING', 'SUPERSEDED', 'WITHDRAWN', 'REPEAT'];

interface VoteLine {
  key: number;
  item: string;
  annotator: string;
  class_index: number;
  outcome: number;
  vote_id: string | null;
  voted_at: Date | null;
  duration_ms: number | null;
  comment: string | null;
  guideline_version: string | null;
  received_at: Date;
  state: number;
}

/**
 * Votes as they stood at the watermark, in the order of writing; with `history`, also those that had ended. The first nine
 * columns are those that an import reads.
 */
export function voteTable(source: DataSource, project: Project, watermark: number, history: boolean): ExportTable {
  return {
    columns: ['item', 'annotator', 'class', 'outcome', 'voteId', 'time', 'durationMs', 'comment', 'guidelineVersion', 'receivedAt', ...(history ? ['state'] : [])],
    pages: () => keysetPages<VoteLine>(
      source,
      `select vote.seq as key, item.external_id as item, annotator.external_id as annotator, vote.class_index, vote.outcome, vote.vote_id, vote.voted_at,
              vote.duration_ms, vote.comment, vote.guideline_version, vote.received_at,
              case when vote.ended_seq <= $2 then vote.ended_reason else 0 end as state
       from votes vote
       join items item on item.project_id = vote.project_id and item.code = vote.item_code
       join annotators annotator on annotator.project_id = vote.project_id and annotator.code = vote.annotator_code
       where vote.project_id = $1 and vote.seq <= $2 and vote.seq > $3 ${history ? '' : 'and (vote.ended_seq is null or vote.ended_seq > $2)'}
       order by vote.seq limit ${PAGE_ROWS}`,
      [project.id, watermark], PAGE_ROWS,
      (vote) => [
        vote.item, vote.annotator, project.classes[vote.class_index] ?? null, outcomes[vote.outcome], vote.vote_id, vote.voted_at, vote.duration_ms,
        vote.comment, vote.guideline_version, vote.received_at, ...(history ? [states[vote.state]] : []),
      ],
    ),
  };
}

/** Of an array in PostgreSQL's own form, {0.25,0.75}: the driver's reader of arrays takes them a character at a time. */
function numbersIn(text: string): number[] {
  return text.slice(1, -1).split(',').map(Number);
}

/** `sql` has the last key as $3. The next page is asked for while the one before it is being written. */
async function* keysetPages<Row extends { key: number }>(
  source: DataSource, sql: string, parameters: unknown[], size: number, toCells: (row: Row) => (CellValue)[],
): AsyncGenerator<CellValue[][]> {
  const read = (after: number) => source.query<Row[]>(sql, [...parameters, after]);
  for (let next: Promise<Row[]> | null = read(-1); next != null; ) {
    const rows: Row[] = await next;
    next = rows.length === size ? read(rows.at(-1)!.key) : null;
    // Met at the next turn; a reader that has gone away meanwhile must not leave it unhandled.
    next?.catch(() => undefined);
    if (rows.length > 0) yield rows.map(toCells);
  }
}
