/**
 * SQLSTATEs by which a server, or a pooler before it, tells that it cannot work now: connections (08), resources such as disk,
 * memory and connections (53), stops and crashes (57P), its disk and system (58), a server that only reads (25006), a
 * transaction it gave up (25P03, 25P04), conflicts that outlasted our own tries (40, 55P03), and an account or a database it
 * does not open to us (28, 3D000). Not 57014, a statement that took too long, and not 08P01 of the server itself, which is
 * a message of ours that it cannot read.
 */
const states = /^(08|53|57P|58|25006|25P03|25P04|40|55P03|28|3D000)/;

const network = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN',
]);

/** Node's and OpenSSL's names for a way that should be encrypted and is not: a certificate that has expired or was exchanged, a handshake that broke off. */
const encryption = /^(CERT_|ERR_TLS_|ERR_SSL_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|EPROTO$)/;

/** pg's and its pool's own words, which come without a code. */
const words = new RegExp(`^(${[
  'Connection terminated', 'Client has encountered a connection error', 'Client was closed', 'Query read timeout', 'timeout expired',
  'timeout exceeded when trying to connect', 'Cannot use a pool after calling end', 'The server does not support SSL', 'There was an error establishing an SSL connection',
].join('|')})`);

/** TypeORM gives a runner back as soon as its connection is lost; whoever still asks it meets these. */
const released = new Set(['QueryRunnerAlreadyReleasedError', 'QueryRunnerProviderAlreadyReleasedError']);

/** Whether it was the database, or the way to it: nothing is wrong with the call, and later it may succeed. */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { driverError } = error as { driverError?: unknown };
  // TypeORM wraps what a statement met, its own errors too.
  if (released.has(error.name) || (driverError instanceof Error && released.has(driverError.name))) return true;
  const code = sqlState(error);
  // Node's word for a caller who left amid an upload, under the code of a lost connection.
  if (code === 'ECONNRESET' && error.message === 'aborted') return false;
  if (code === '08P01') return !isOfServer(error);
  return code == null ? words.test(error.message) : network.has(code) || states.test(code) || encryption.test(code);
}

/** Worth another try; a statement that took too long, too. */
export function maySucceedLater(error: unknown): boolean {
  return isOutage(error) || sqlState(error) === '57014';
}

/** The server names the place in its source; poolers name none. */
function isOfServer(error: Error): boolean {
  const { routine, driverError } = error as { routine?: unknown; driverError?: { routine?: unknown } };
  return (routine ?? driverError?.routine) != null;
}

/** The code of an error of the database, of TypeORM's around one, or of the network. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown; driverError?: { code?: unknown } } | null)?.code ?? (error as { driverError?: { code?: unknown } } | null)?.driverError?.code;
  return typeof code === 'string' ? code : undefined;
}
