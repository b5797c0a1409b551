/** One kind of news, declared by the module that tells it. Its payload is JSON of at most 8,000 bytes: keys, not contents. */
export interface Topic<Payload> {
  /** The channel of PostgreSQL's LISTEN. */
  readonly channel: string;
  /** Never there; ties the payload's type to the topic. */
  readonly payload?: Payload;
}

export function defineTopic<Payload>(name: string): Topic<Payload> {
  if (!/^[a-z][a-z_]{0,40}$/.test(name)) throw new Error(`a topic is named in snake_case, not ${JSON.stringify(name)}`);
  return { channel: `assay_${name}` };
}
