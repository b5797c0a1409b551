// HTTP by hand over kept-alive sockets: a general client would take more of the two cores than it leaves to what is measured.
import { connect } from 'node:net';

/** A socket that takes one call at a time and gives its `data`. */
export async function open(port, key) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let resolve;
  let reject;
  let received = Buffer.alloc(0);
  socket.on('error', (error) => reject?.(error)).on('close', () => reject?.(new Error('the server closed the connection'))).on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const head = received.indexOf('\r\n\r\n');
    if (head < 0) return;
    const header = received.latin1Slice(0, head);
    const length = Number(/content-length: (\d+)/i.exec(header)?.[1] ?? NaN);
    if (Number.isNaN(length)) return reject(new Error(header));
    if (received.length < head + 4 + length) return;
    const body = received.utf8Slice(head + 4, head + 4 + length);
    received = received.subarray(head + 4 + length);
    const { data, errors } = JSON.parse(body);
    if (errors || !data) reject(new Error(body.slice(0, 500)));
    else resolve(data);
  });
  const call = (request) => {
    const body = JSON.stringify(request);
    socket.write(`POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return new Promise((done, failed) => {
      resolve = done;
      reject = failed;
    });
  };
  call.close = () => {
    reject = undefined;
    socket.destroy();
  };
  return call;
}

/** In milliseconds, as the times are. */
export function quantiles(times) {
  const sorted = times.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), most: sorted.at(-1) };
}
