import { endWithThread } from '../../platform/database/cancellable-client.js';
import { relabelOrNew, type ActiveLabWeights } from '../../aggregation/index.js';
import { Connection } from '../../platform/database/connection.js';
import { judge } from '../states/judging.js';
import { readPool } from '../states/pool-facts.js';
import { partOf, placesOf } from './scoring.js';

export interface RelabelOrNewTask {
  url: string;
  projectId: number;
  /** Of the predictions that are read, one a model. */
  versions: number[];
  count: number;
}

export interface RelabelOrNewFound {
  scoreOfBestOld: number | null;
  scoreOfBestNew: number | null;
  oldItems: number;
  newItems: number;
  unpredictedItems: number;
  /** Codes, and in their order scores and votes. */
  items: Int32Array;
  scores: Float64Array;
  votes: Int32Array;
  weights: Pick<ActiveLabWeights, 'models' | 'temperatures' | 'meanAnnotatorWeight'>;
  warnings: string[];
}

/** The votes of this moment, on a thread and connections of its own. @returns null where no item has a prediction of every model */
export async function run({ url, projectId, versions, count }: RelabelOrNewTask): Promise<RelabelOrNewFound | null> {
  const client = await Connection.open(url, 'assay relabel or new');
  try {
    await endWithThread(client);
    const pool = await readPool(client, url, projectId, [], { versions });
    const { facts } = pool;
    const { hasRoom } = judge(facts, { ...pool.rulesOf('activelab'), priorityRule: null, flagRule: null }, pool.run);
    const { present } = facts.predictions!;
    const places = placesOf(present, 1);
    if (places.length === 0) return null;
    const part = partOf(facts, places);
    const { items, weights, scores, votes, scoreOfBestOld, scoreOfBestNew, oldItems, newItems, warnings } = relabelOrNew({ votes: part.votes, predictions: part.models, count, open: places.map((place) => hasRoom[place]!) });
    return {
      scores, votes, scoreOfBestOld, scoreOfBestNew, oldItems, newItems, warnings,
      unpredictedItems: hasRoom.reduce((open, room, place) => open + (room && !present[place] ? 1 : 0), 0),
      items: items.map((item) => facts.codes[places[item]!]!),
      weights: { models: weights.models, temperatures: weights.temperatures, meanAnnotatorWeight: weights.meanAnnotatorWeight },
    };
  } finally {
    await client.end();
  }
}
