import type pg from 'pg';
import { ascendingOrder, itemAgreement, measureAgreement, pairwiseAgreement, type AgreementMeasure, type AgreementRequest as LibraryRequest, type MethodOptions } from '../aggregation/index.js';
import type { Reported, ReportTask } from '../reports/report-kind.js';
import type { ReportedTable } from '../reports/report-pages.js';
import type { Snapshot } from '../runs/snapshot/copied-votes.js';
import type { AgreementBy } from './agreement-report.js';
import { readSelectedVotes, voteTable } from './selected-votes.js';
import type { VoteSelection } from './vote-selection.js';

/** Complete: see `checkedAgreement`. */
export interface AgreementRequest {
  metric: string;
  metricVersion: number;
  options: MethodOptions;
  by: AgreementBy[];
  classes: string[];
  classValues: number[] | null;
  selection: VoteSelection;
  replicates: number;
  level: number;
  seed: number;
}

/** As it is kept; numbers that are not defined are null there. */
export interface AgreementResult {
  votes: number;
  overall: Omit<AgreementMeasure, 'perClass' | 'metric' | 'version' | 'options'> | null;
  perClass: number[] | null;
}

export function read(client: pg.Client, task: ReportTask<AgreementRequest>): Promise<Snapshot> {
  return readSelectedVotes(client, task);
}

export function report(snapshot: Snapshot, task: ReportTask<AgreementRequest>): Reported<AgreementResult> {
  const { metric, options, by, classes, classValues, selection, replicates, level, seed } = task.request;
  const votes = voteTable(snapshot, task, classes);
  const asked: LibraryRequest = { metric, votes, options, ...(classValues && { classValues }), ...(selection.items && { items: selection.items }) };
  const wants = (part: `${AgreementBy}`) => (by as string[]).includes(part);
  const measure = wants('OVERALL') || wants('CLASS') ? measureAgreement({ ...asked, replicates: wants('OVERALL') ? replicates : 0, level, seed, perClass: wants('CLASS') }) : null;
  const tables = [...(wants('ITEM') ? [itemTable(asked)] : []), ...(wants('PAIR') ? [pairTable(asked)] : [])];
  return { result: { votes: votes.voteCount, overall: wants('OVERALL') && measure ? overall(measure) : null, perClass: measure?.perClass ? Array.from(measure.perClass) : null }, tables };
}

function overall({ value, votedItems, comparedItems, interval, warnings }: AgreementMeasure): AgreementResult['overall'] {
  return { value, votedItems, comparedItems, interval, warnings };
}

function itemTable(asked: LibraryRequest): ReportedTable {
  const { items, votes, agreement } = itemAgreement(asked);
  return { name: 'items', columns: { item: items, votes, agreement }, orders: { ITEM: rows(items.length), AGREEMENT: ascendingOrder(agreement) } };
}

function pairTable(asked: LibraryRequest): ReportedTable {
  const { first, second, sharedItems, value } = pairwiseAgreement(asked);
  return {
    name: 'pairs', columns: { first, second, sharedItems, value },
    // Those without a value come last.
    orders: { ANNOTATORS: rows(first.length), VALUE: ascendingOrder(value.map((one) => (Number.isNaN(one) ? Infinity : one))), SHARED_ITEMS: ascendingOrder(Float64Array.from(sharedItems, (shared) => -shared)) },
  };
}

function rows(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => row);
}
