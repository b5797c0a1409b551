import { importOptions } from '../../../src/formats/foreign/options.js';
import { FaultInFile } from '../../../src/formats/foreign/read.js';
import { Order } from '../../../src/formats/foreign/in-order.js';
import { openForeign } from '../../../src/formats/platforms/open.js';
import { damaged, type Draw } from '../fuzz.js';
import { chunked } from '../streams.js';
import { ownFiles } from './own-files.js';

const seeds = ownFiles.map(({ text }) => Buffer.from(text));

/** A damaged file of a platform is read, and everything in it told or refused with words. @throws what is neither */
export async function tryForeign(draw: Draw): Promise<void> {
  const place = draw(ownFiles.length);
  const { from, name = 'export', options = {}, classes = null } = ownFiles[place]!;
  // Mostly its own platform's, at times another's.
  const bytes = damaged(draw(8) === 0 ? seeds : [seeds[place]!], draw);
  const sizes = [1 + draw(200)];
  const order = new Order();
  try {
    const foreign = await openForeign(draw(4) === 0 ? 'auto' : from, [{ name, path: name, open: () => chunked(bytes, sizes) }], importOptions({ ...options }), classes);
    for await (const fates of foreign.fates()) {
      order.see(fates);
      for (const fate of fates) {
        if (fate.fate === 'refused' && !/\S{3}/.test(fate.message)) throw new Error(`refused without words at ${fate.at}`);
        if (fate.fate === 'vote' && (fate.item === '' || fate.annotator === '' || (fate.class === null) === (fate.outcome === null))) throw new Error(`no vote: ${JSON.stringify(fate)}`);
      }
    }
    let votes = 0;
    for await (const batch of order.votes(foreign.fates())) votes += batch.length;
    if (votes !== order.survey.votes) throw new Error(`${order.survey.votes} votes were seen, and ${votes} sent`);
  } catch (fault) {
    // An option that goes with the platform that was said, and not with the one that the file is of.
    const isOfOption = fault instanceof RangeError && /means nothing in files of|files of \S+ need/.test(fault.message);
    if (!(fault instanceof FaultInFile) && !isOfOption) throw fault;
  }
}
