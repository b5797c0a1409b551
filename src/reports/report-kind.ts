import type { Type } from '@nestjs/common';
import type { Client } from 'pg';
import type { ReportedTable } from './report-pages.js';
import type { Report } from './report.entity.js';

/** What a report is of: votes and gold as they stood at the watermark, of so many items and annotators. */
export interface ReportTask<Request extends object> {
  projectId: number;
  watermark: number;
  itemCount: number;
  annotatorCount: number;
  request: Request;
}

/** A small result, which is kept as JSON; and tables of many rows, which are read in pages. */
export interface Reported<Result extends object> {
  result: Result;
  tables?: readonly ReportedTable[];
}

/** What the module of a kind exports, for a kernel thread. */
export interface ReportModule<Request extends object, Facts, Result extends object> {
  /** In a transaction that only reads, of one moment; it ends before `report` begins. */
  read(client: Client, task: ReportTask<Request>): Promise<Facts>;
  /** @throws RangeError or TypeError for what cannot be, whose message is the report's failure. */
  report(facts: Facts, task: ReportTask<Request>): Reported<Result> | Promise<Reported<Result>>;
}

/** One kind of report, declared by the module that knows what it says. Its request is checked by whoever asks for it, and complete. */
export interface ReportKind<Request extends object, Shown extends Report = Report> {
  /** Stable; it is kept with each report. */
  readonly name: string;
  /** Raised whenever the same request may give another result: kept reports of other versions answer nothing. */
  readonly version: number;
  /** The object type of the API. */
  readonly type: Type<Shown>;
  /** A `ReportModule`, as `new URL('./x.task.js', import.meta.url)`. */
  readonly module: URL;
  /** Never there; ties the request's type to the kind. */
  readonly request?: Request;
}

const declared = new Map<string, ReportKind<object>>();

export function defineReport<Request extends object, Shown extends Report>(kind: ReportKind<Request, Shown>): ReportKind<Request, Shown> {
  if (declared.has(kind.name)) throw new Error(`the report ${kind.name} is declared twice`);
  declared.set(kind.name, kind);
  return kind;
}

export function reportKind(name: string): ReportKind<object> {
  const kind = declared.get(name);
  if (!kind) throw new Error(`there is no report ${name}; is a module missing?`);
  return kind;
}
