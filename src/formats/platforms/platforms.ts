import type { Platform } from '../foreign/platform.js';
import { argilla } from './argilla.js';
import { crowdKit } from './crowd-kit.js';
import { cvat } from './cvat.js';
import { doccano } from './doccano.js';
import { figureEight } from './figure-eight.js';
import { labelStudio } from './label-studio.js';
import { labelStudioMin } from './label-studio-min.js';
import { labelbox } from './labelbox.js';
import { lmEval } from './lm-eval.js';
import { anthropicBatch, openaiBatch } from './model-batches.js';
import { mturk } from './mturk.js';
import { potato } from './potato.js';
import { prodigy } from './prodigy.js';
import { sagemaker } from './sagemaker.js';
import { snorkel } from './snorkel.js';
import { toloka } from './toloka.js';
import { oneHot, wide } from './wide.js';
import { zooniverse } from './zooniverse.js';

/** THE REGISTRY: a platform is one file and one line here. */
export const platforms: readonly Platform[] = [
  labelStudio,
  labelStudioMin,
  toloka,
  crowdKit,
  mturk,
  sagemaker,
  prodigy,
  argilla,
  cvat,
  doccano,
  labelbox,
  zooniverse,
  wide,
  oneHot,
  snorkel,
  potato,
  figureEight,
  openaiBatch,
  anthropicBatch,
  lmEval,
];

/** @throws RangeError naming the platforms there are */
export function findPlatform(id: string): Platform {
  const found = platforms.find((platform) => platform.id === id);
  if (!found) throw new RangeError(`there is no platform ${JSON.stringify(id)}; there are: auto, ${platforms.map((one) => one.id).join(', ')}`);
  return found;
}
