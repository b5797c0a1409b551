import Table from 'cli-table3';
import type { Reporter, TestModule } from 'vitest/node';

const numberOf = (id: string) => Number(/\d+/.exec(id)![0]);

/** Prints the promises that were tested, each with its dose and what was observed, and whether it was kept. */
export default class PromisesTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const rows = tests.flatMap((test) => {
      const { promised } = test.meta();
      return promised ? [{ ...promised, isKept: test.result().state === 'passed' }] : [];
    });
    if (rows.length === 0) return;
    const table = new Table({ head: ['', 'promise', 'dose', 'observed', ''], style: { head: [], border: [] }, wordWrap: true, colWidths: [5, 54, 44, 54, 8] });
    for (const { id, promise, dose, observed, isKept } of rows.toSorted((a, b) => numberOf(a.id) - numberOf(b.id))) table.push([id, promise, dose, observed, isKept ? 'kept' : 'BROKEN']);
    const recounts = tests.reduce((sum, test) => sum + (test.meta().recounts ?? 0), 0);
    console.log(`\n${table.toString()}\n${rows.filter((row) => row.isKept).length} of ${rows.length} promises kept; after ${recounts} tests the counts equalled a recount`);
  }
}
