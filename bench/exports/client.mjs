// `node client.mjs URL KEY` downloads a file, throws it away, and prints what it took: its lines, bytes, seconds and processor time.
import { get } from 'node:http';
import { once } from 'node:events';

const from = performance.now();
const [answer] = await once(get(process.argv[2], { headers: { authorization: `Bearer ${process.argv[3]}` } }), 'response');
if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${(await answer.toArray()).join('')}`);
let [rows, bytes] = [0, 0];
for await (const chunk of answer) {
  bytes += chunk.length;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++;
}
const seconds = (performance.now() - from) / 1000;
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ rows, bytes, seconds, processor: (user + system) / 1e6 }));
