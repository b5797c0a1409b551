import type { judgeAndScore } from '../../src/assignment/scoring/scoring.js';
import type { Round } from './protocol.mjs';

export function servicePriorities(score: typeof judgeAndScore, round: Pick<Round, 'votes' | 'predictions'>): Float64Array;
