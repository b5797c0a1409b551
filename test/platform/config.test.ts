import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Config, describeSettings } from '../../src/platform/config.js';

function fault(environment: Record<string, string>): string {
  try {
    Config.read(environment);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
}

describe('the configuration', () => {
  test('needs nothing, and then listens on this machine alone', () => {
    const { settings } = Config.read({});
    expect(settings.HOST).toBe('127.0.0.1');
    expect(settings.DATABASE_URL).toBeUndefined();
    expect(settings.ASSAY_DATA_DIR).toBe(resolve('.assay'));
  });

  test('names every fault at once, with the value and what the setting means', () => {
    const message = fault({ PORT: '70000', LOG_LEVEL: 'loud', MAX_QUERY_DEPTH: 'deep', NODE_ENV: 'production' });
    for (const part of ['PORT="70000"', 'LOG_LEVEL="loud"', 'MAX_QUERY_DEPTH="deep"', 'port to listen on', 'nesting of a GraphQL document']) {
      expect(message).toContain(part);
    }
    expect(message).not.toContain('NODE_ENV');
  });

  test('shares the connections out, so that each kind of work has some', () => {
    expect(Config.read({}).connections).toEqual({ prepared: 6, downloads: 2, lanes: { votes: 6, reads: 4, bulk: 3, background: 3 } });
    for (let all = 9; all <= 200; all++) {
      const { prepared, downloads, lanes } = Config.read({ DATABASE_POOL: String(all) }).connections;
      const shares = [prepared, downloads, ...Object.values(lanes)];
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(all);
      expect(Math.min(...shares)).toBeGreaterThan(0);
      // The queue of jobs is made with a lock on one and statements on another.
      expect(lanes.background).toBeGreaterThan(1);
    }
    expect(fault({ DATABASE_POOL: '8' })).toContain('DATABASE_POOL="8"');
  });

  test('shows neither a password nor a key, right or wrong', () => {
    const message = fault({ DATABASE_URL: 'mysql://me:hunter2@db/assay', ASSAY_ADMIN_KEY: 'assay_hunter2' });
    expect(message).toContain('DATABASE_URL');
    expect(message).toContain('ASSAY_ADMIN_KEY');
    expect(message).not.toContain('hunter2');
  });

  test('takes an empty variable for one that is not set, as docker compose gives them', () => {
    expect(Config.read({ DATABASE_URL: '', PORT: '' }).settings.PORT).toBe(3000);
  });

  test('reads true, false, 1 and 0, and refuses other words', () => {
    for (const [text, value] of [['true', true], ['1', true], ['false', false], ['0', false]] as const) {
      expect(Config.read({ ASSAY_WORK: text }).settings.ASSAY_WORK).toBe(value);
    }
    expect(fault({ ASSAY_WORK: 'yes' })).toContain('ASSAY_WORK="yes"');
  });

  test('refuses fractions, units and numbers out of range, and takes the ends of the range', () => {
    for (const text of ['1.5', '16MB', '-1', 'NaN', 'Infinity', '65536']) expect(fault({ PORT: text })).toContain(`PORT=${JSON.stringify(text)}`);
    for (const text of ['0', '65535']) expect(Config.read({ PORT: text }).settings.PORT).toBe(Number(text));
  });

  test('says of every setting what it means, and its default is one it takes', () => {
    for (const { name, fallback, meaning } of describeSettings()) {
      expect(meaning, name).not.toBe('');
      expect(fault({ [name]: fallback }), name).toBe('none');
    }
  });
});
