import { Controller, Get, Header } from '@nestjs/common';
import { AggregatorRegistry, collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';
import { Described, text } from './openapi.js';
import { OpenToAll } from './principal.js';

collectDefaultMetrics();

export const requestSeconds = new Histogram({
  name: 'assay_http_request_seconds',
  help: 'Time to answer a request.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30],
});

export const votesReceived = new Counter({
  name: 'assay_votes_total',
  help: 'Vote rows answered, by what became of them.',
  labelNames: ['status'],
});

export const votePhaseSeconds = new Histogram({
  name: 'assay_vote_phase_seconds',
  help: 'Time of a batch of votes in each phase: check (rows), codes (of items and annotators), write (votes and counts), commit.',
  labelNames: ['phase'],
  buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2],
});

export const jointVotes = new Histogram({
  name: 'assay_joint_votes',
  help: 'Calls of one vote each that were answered by one transaction.',
  buckets: [1, 2, 4, 8, 16, 32, 64, 100],
});

export const runsFinished = new Counter({
  name: 'assay_runs_total',
  help: 'Runs that ended in this process, by method and status.',
  labelNames: ['method', 'status'],
});

export const runPhaseSeconds = new Histogram({
  name: 'assay_run_phase_seconds',
  help: 'Time of a run that succeeded in this process in each phase: snapshot, sort, aggregate, store, publish, keep, and predictions where it reads some.',
  labelNames: ['phase'],
  buckets: [0.01, 0.1, 1, 10, 60, 600, 3600],
});

export const keptVotes = new Counter({
  name: 'assay_kept_votes_total',
  help: 'Of runs of 100,000 votes and more, what became of the votes that earlier ones kept (used, absent, damaged, unlike, far, fault) and of their own (written, current, full, unwritten).',
  labelNames: ['result'],
});

export const databaseFailures = new Counter({
  name: 'assay_database_failures_total',
  help: 'Failures that were the database\'s or the way\'s to it, by what met them.',
  labelNames: ['where'],
});

export const refusedCalls = new Counter({
  name: 'assay_refused_calls_total',
  help: 'Calls answered by 429, by the limit they met: rate, calls, uploads, downloads, bytes.',
  labelNames: ['limit'],
});

/** A gauge that is read when somebody asks for metrics: the sum of what all who were added tell, by the value of its label. */
class Looked {
  private readonly looks = new Set<() => Readonly<Record<string, number>>>();

  constructor(name: string, help: string, label: string) {
    const { looks } = this;
    new Gauge({
      name, help, labelNames: [label],
      collect() {
        this.reset();
        for (const look of looks) for (const [value, count] of Object.entries(look())) this.inc({ [label]: value }, count);
      },
    });
  }

  /** @returns what to call when there is nothing to tell any more. */
  add(look: () => Readonly<Record<string, number>>): () => void {
    this.looks.add(look);
    return () => this.looks.delete(look);
  }
}

export const laneWaiting = new Looked('assay_lane_waiting', 'Operations that wait for their turn, by kind of work: documents (to be checked), votes, reads.', 'lane');

export const requestsUnderWay = new Looked('assay_requests_under_way', 'Requests of callers under way, by kind: call, upload, download.', 'kind');

export type Metrics = Awaited<ReturnType<typeof register.getMetricsAsJSON>>;

/** What processes that belong to this one tell of themselves when asked: counts and sizes are shown as sums, what is a time as an average. */
export const otherProcesses = new Set<() => Promise<Metrics>>();

@Controller()
export class MetricsController {
  readonly contentType = register.contentType;

  @Get('metrics')
  @OpenToAll()
  @Described({
    id: 'metrics', tag: 'process', summary: 'Counts and times of the process, for Prometheus.',
    answers: { 200: { description: 'In the text format of Prometheus.', content: { [register.contentType.split(';')[0]!]: { schema: text() } } } },
  })
  @Header('content-type', register.contentType)
  async metrics() {
    if (otherProcesses.size === 0) return register.metrics();
    const told = await Promise.all([...otherProcesses].map((ask) => ask()));
    return AggregatorRegistry.aggregate([await register.getMetricsAsJSON(), ...told]).metrics();
  }
}
