import type { CellValue } from '../../formats/text/writer.js';
import type { VersionFacts } from '../../predictions/prediction-models.service.js';
import type { Project } from '../../projects/project.entity.js';
import type { Run } from '../../runs/run.entity.js';
import type { BlockSequence, Sequence } from '../reading/pieces.js';

/** What a caller may say of a download; each table names the ones it heeds. */
export interface ExportChoice {
  /** Global id of the run whose results are meant; the project's current one where left out. */
  run?: string;
  /** Also what has ended. */
  history?: boolean;
  /** The point of the project's log as of which rows are shown; the newest where left out. */
  watermark?: number;
  /** A model's name, where one alone is meant. */
  model?: string;
  /** Of the model; the one that is read where left out. */
  version?: string;
}

/** Looks up what a table is to show. Each throws what the caller is told. */
export interface Facts {
  /** @throws CONFLICT where there are no results; NOT_FOUND for a run of another project. */
  run(project: Project, choice: ExportChoice): Promise<Run>;
  /** Waits until the run's labels have today's form. */
  labelsReady(run: Run): Promise<void>;
  /** Of the run's confusion matrices: whether they follow from its soft labels, its method having none, and whether the method tells how sure they are. */
  confusion(run: Run): Promise<{ implied: boolean; hasEvidence: boolean }>;
  /** A point of the project's log: what is written later is not shown. @throws INVALID_INPUT for one that is still to come. */
  watermark(project: Project, choice: ExportChoice): Promise<number>;
  /** @throws NOT_FOUND */
  versions(project: Project, choice: ExportChoice): Promise<VersionFacts[]>;
}

/** A table as it is to be written, at one moment. */
export interface OpenTable {
  /** The names of its columns, as far as they are not those of the sequences. */
  columns?: readonly string[];
  /** One behind the other; all have the same columns. */
  sequences: readonly (Sequence | BlockSequence)[];
  /** What is written in place of a row that was read: as many rows as it holds. */
  expand?: (cells: readonly CellValue[]) => CellValue[][];
  /** The run whose results they are, if they are a run's. */
  run?: Run;
  /** The point of the log as of which rows are shown, if they are of the log. */
  watermark?: number;
  /** Whether run or watermark settle each byte, whenever it is asked for: then a download that was cut can go on. */
  isFixed?: boolean;
}

/** One kind of download. */
export interface ExportTable {
  /** As its route and the command call it. */
  readonly name: string;
  readonly title: string;
  readonly choices: readonly (keyof ExportChoice)[];
  open(project: Project, facts: Facts, choice: ExportChoice): Promise<OpenTable>;
}
