import { SpanKind } from '@opentelemetry/api';
import type { SpanSettings } from '../trace.js';

const WRITES = /\b(insert) into\s+"?(\w+)|\b(delete) from\s+"?(\w+)|\b(update)\s+"?(?!set\b)(\w+)"?\s+(?:\w+\s+)?set\b/i;
const READS = /\bfrom\s+"?(\w+)"?(?![\w(.])/i;

/**
 * What a statement does, and to which table: `insert votes`. No text of a statement is in a span: it may be long, and though values are
 * parameters, that is for every statement that is written later to keep to.
 * @returns its name and settings, as `spanned` takes them
 */
export function statementSpan(text: string): [string, SpanSettings] {
  const summary = summaryOf(text);
  return [summary, { kind: SpanKind.CLIENT, attributes: { 'db.system.name': 'postgresql', 'db.query.summary': summary } }];
}

function summaryOf(text: string): string {
  const verb = /^\s*(\w{1,20})/.exec(text)?.[1]?.toLowerCase() ?? 'statement';
  if (verb === 'start') return 'begin';
  if (verb !== 'with' && verb !== 'select' && verb !== 'insert' && verb !== 'update' && verb !== 'delete') return verb;
  const written = verb === 'select' ? [] : (WRITES.exec(text) ?? []).slice(1).filter(Boolean);
  if (written.length > 0) return written.join(' ').toLowerCase();
  const table = READS.exec(text)?.[1];
  return table ? `select ${table}` : 'select';
}
