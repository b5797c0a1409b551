import { AssayError } from './errors.js';
import { type Document, operationOf } from './document.js';
import { type ConnectionPath, nodesOf } from './pages.js';
import { Project, projectFields, type ProjectFacts } from './project.js';
import { keyedMutations } from './schema-facts.js';
import type { CreateProjectInput, Json } from './schema.js';
import { newKey, Service } from './service.js';
import { subscribe, type WebSocketLike } from './subscription.js';
import { Wire } from './wire.js';

export interface AssayOptions {
  /** Milliseconds without a byte after which a connection is given up: 60,000. */
  timeoutMs?: number;
  /** How often a call that is safe to send again is sent again: 5. */
  retries?: number;
  /** No attempt is begun later than so many milliseconds after the first one of a call, or after it last got on: 120,000. */
  retryForMs?: number;
  /** Send the key unencrypted to a host other than this machine. */
  allowPlainHttp?: boolean;
  /** Another fetch than that of the platform. */
  fetch?: typeof fetch;
  /** For subscriptions, where the platform has no WebSocket, such as Node 20: that of the package ws. */
  webSocket?: new (url: string, protocol: string) => WebSocketLike;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface KeyedOptions extends CallOptions {
  /** 1 to 200 visible characters: what is sent again under it within a day is done once, also by another process. One is made where it is left out. */
  idempotencyKey?: string;
}

/** One service and one key to it. */
export class Assay {
  /** For the client's own parts. @internal */
  readonly service: Service;

  /** @throws TypeError where the address, the key or an option cannot be meant */
  constructor(url: string, key: string, options: AssayOptions = {}) {
    const { timeoutMs = 60_000, retries = 5, retryForMs = 120_000, allowPlainHttp = false, fetch = globalThis.fetch } = options;
    if (!(retries >= 0) || !(timeoutMs > 0) || !(retryForMs >= 0)) throw new TypeError(`retries is ${retries}, timeoutMs ${timeoutMs}, retryForMs ${retryForMs}; timeoutMs is more than 0, the others are 0 or more`);
    const webSocket = options.webSocket ?? (globalThis as { WebSocket?: AssayOptions['webSocket'] }).WebSocket;
    this.service = new Service(new Wire(url, key, allowPlainHttp, timeoutMs, fetch), { retries, retryForMs }, timeoutMs, webSocket);
  }

  get url(): string {
    return this.service.wire.url;
  }

  /**
   * Any query or mutation of schema.graphql; gives its data. Queries are sent again where that may help, and so are mutations that heed an idempotency key, of which one is made where none is given.
   * @throws AssayError
   */
  async query<Data = Json, Variables extends object = Record<string, Json>>(document: Document<Data, Variables>, variables?: Variables, options: KeyedOptions = {}): Promise<Data> {
    const { kind, roots } = operationOf(document);
    const isKeyed = kind === 'mutation' && roots.length === 1 && keyedMutations.has(roots[0]!);
    const given = options.idempotencyKey ?? (variables as { input?: { idempotencyKey?: string | null } } | undefined)?.input?.idempotencyKey ?? undefined;
    return this.service.graphql({
      document, variables: JSON.stringify(variables ?? {}), signal: options.signal, mayRepeat: kind === 'query' || isKeyed, key: isKeyed ? given ?? newKey() : given,
    }) as Promise<Data>;
  }

  /** The nodes of any connection, read page by page while they are used. The document takes `$after`, and `$first` for another number than the service's 100. */
  paginate<Node = Json, Data = Json, Variables extends object = Record<string, Json>>(
    document: Document<Data, Variables>, variables: Omit<Variables, 'after'>, path: ConnectionPath<Data, Node>, options: CallOptions = {},
  ): AsyncGenerator<Node> {
    return nodesOf((after) => this.query<Data>(document as Document<Data>, { ...variables, after }, options), path);
  }

  /** What a subscription tells. Its socket is made anew where it breaks; what was told meanwhile is told by the first message after it, if the subscription begins with the present state. */
  subscribe<Data = Json, Variables extends object = Record<string, Json>>(document: Document<Data, Variables>, variables?: Variables, options: CallOptions = {}): AsyncGenerator<Data> {
    return subscribe<Data>(this.service, document, variables ?? {}, options.signal);
  }

  async createProject(input: Omit<CreateProjectInput, 'idempotencyKey'>, options: KeyedOptions = {}): Promise<Project> {
    const { createProject } = await this.query<{ createProject: { warnings: string[]; project: ProjectFacts } }>(
      `mutation ($input: CreateProjectInput!) { createProject(input: $input) { warnings project { ${projectFields} } } }`, { input }, options,
    );
    return new Project(this, createProject.project, createProject.warnings);
  }

  /** The project of that id, or else the one of that name. @throws AssayError: NOT_FOUND, or CONFLICT where several have the name */
  async project(nameOrId: string, options: CallOptions = {}): Promise<Project> {
    try {
      const { project } = await this.query<{ project: ProjectFacts }>(`query ($id: ID!) { project(id: $id) { ${projectFields} } }`, { id: nameOrId }, options);
      return new Project(this, project);
    } catch (error) {
      // What is no id at all is refused, too.
      if (!(error instanceof AssayError) || !['NOT_FOUND', 'INVALID_INPUT'].includes(error.code)) throw error;
    }
    const named: Project[] = [];
    for await (const project of this.projects(options)) if (project.name === nameOrId) named.push(project);
    if (named.length === 1) return named[0]!;
    if (named.length === 0) throw new AssayError(`there is no project of the name or id ${JSON.stringify(nameOrId)} that this key may see`, { code: 'NOT_FOUND' });
    throw new AssayError(`${named.length} projects have the name ${JSON.stringify(nameOrId)}; take one by its id: ${named.map(({ id }) => id).join(', ')}`, { code: 'CONFLICT' });
  }

  /** All that the key may see, the oldest first. */
  async *projects(options: CallOptions = {}): AsyncGenerator<Project> {
    const document = `query ($after: String) { projects(first: 100, after: $after) { nodes { ${projectFields} } pageInfo { hasNextPage endCursor } } }`;
    for await (const facts of this.paginate<ProjectFacts>(document, {}, 'projects', options)) yield new Project(this, facts);
  }
}
