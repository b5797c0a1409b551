import type { Platform } from '../foreign/platform.js';
import { labelStudio } from './label-studio.js';
import { labelStudioMin } from './label-studio-min.js';

/** THE REGISTRY: a platform is one file and one line here. */
export const platforms: readonly Platform[] = [
  labelStudio,
  labelStudioMin,
];

/** @throws RangeError naming the platforms there are */
export function findPlatform(id: string): Platform {
  const found = platforms.find((platform) => platform.id === id);
  if (!found) throw new RangeError(`there is no platform ${JSON.stringify(id)}; there are: auto, ${platforms.map((one) => one.id).join(', ')}`);
  return found;
}
