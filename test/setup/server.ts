import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The file that will hold a TestServer's JSON, or `{ fault }`. */
    testServerFile: string;
  }
}

/** One server for the whole test run, and a migrated database in it to clone. */
export interface TestServer {
  url: string;
  template: string;
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
