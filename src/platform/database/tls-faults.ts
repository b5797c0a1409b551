import { sqlState } from '../outage.js';

/** OpenSSL's names for a certificate that no known CA stands behind. */
const unknownSigner = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** What is wrong with the encrypted way to a database, and the remedy; null for other errors. */
export function tlsFault(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { message, path, syscall } = error as NodeJS.ErrnoException;
  const code = sqlState(error);
  if (code && unknownSigner.has(code)) return `its certificate is not signed by a CA that this process trusts (${message}); let sslrootcert in DATABASE_URL name the file of the CA that signed it`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another host (${message}); let DATABASE_URL name the host as the certificate does, or give the server one for this name`;
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return `its certificate does not hold now (${message}); give the server one that does, and look at the clocks`;
  if (message.startsWith('The server does not support SSL')) return 'it speaks no TLS, which sslmode in DATABASE_URL asks for; set ssl = on there';
  // Read while the address is, before anything is asked.
  if (path != null && syscall === 'open') return `the file ${path} that DATABASE_URL names cannot be read (${code})`;
  return null;
}
