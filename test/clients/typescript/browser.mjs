// Runs the client in a context of the web's own words alone: no process, no Buffer, no modules of Node.
import { readFile } from 'node:fs/promises';
import { createContext, SourceTextModule } from 'node:vm';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';

const web = {
  fetch, Request, Response, Headers, Blob, URL, TextEncoder, TextDecoder, ReadableStream, DecompressionStream, AbortController, AbortSignal, crypto, setTimeout, clearTimeout, WebSocket, Uint8Array,
  told: { url: process.env.ASSAY_URL, key: process.env.ASSAY_KEY },
};
const context = createContext(web);
const modules = new Map();

async function load(url) {
  if (!modules.has(url)) modules.set(url, new SourceTextModule(await readFile(new URL(url), 'utf8'), { context, identifier: url }));
  return modules.get(url);
}

const main = new SourceTextModule(`
  import { Assay } from '${pathToFileURL(process.argv[2]).href}';
  const assay = new Assay(told.url, told.key);
  const project = await assay.createProject({ name: 'web', classes: ['ham', 'spam'] });
  const { created } = await project.submitVotes([{ item: 'a', annotator: 'ann', class: 'ham' }, { item: 'b', annotator: 'ann', class: 'spam' }]);
  const { created: uploaded } = await project.uploadVotes(new Blob(['item,annotator,class\\nc,ann,ham\\n']));
  const run = await project.startRun({ method: 'majority-vote' });
  let states;
  for await (const { status } of run.progress()) states = status;
  const labels = {};
  for await (const { item, label } of project.rows('soft-labels')) labels[item] = label;
  told.result = { created, uploaded, labels, states, names: ['process', 'Buffer', 'require', 'global'].filter((name) => name in globalThis) };
`, { context, identifier: 'file:///main' });

await main.link((specifier, parent) => load(new URL(specifier, parent.identifier).href));
await main.evaluate();
console.log(JSON.stringify(web.told.result));
process.exit(0);
