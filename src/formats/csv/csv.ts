import { CsvScanner } from './csv-scanner.js';
import { csvWriter } from './csv-writer.js';
import { NamedColumns } from './named-columns.js';
import { WideTable } from './wide-table.js';
import { textFormat } from '../rows/text-format.js';

export const csv = textFormat({
  id: 'csv',
  title: 'CSV (RFC 4180) with a header, UTF-8; also read are tabs or semicolons between cells',
  extension: 'csv',
  contentTypes: ['text/csv; charset=utf-8', 'text/tab-separated-values'],
  scanner: (columns, sink) => new CsvScanner(new NamedColumns(columns), sink),
  wideScanner: (columns, sink) => {
    const table = new WideTable(columns, sink);
    return new CsvScanner(table, table);
  },
  writer: csvWriter,
});
