import { Console } from 'node:console';
import { readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import * as path from 'node:path';
import { BundleError } from './errors';
import { type FunctionLog } from './function-log';
import { functionProcess } from './function-process';
import { callable, member, method } from './reflection';

/** What of Node a bundle gets replaced: modules by name without `node:`, and `fetch`. */
export interface Surroundings {
  readonly modules: Readonly<Record<string, unknown>>;
  readonly fetch: typeof fetch | undefined;
}

export type Handler = (event: unknown, context: unknown) => unknown;

/** Reach the network, or leave the process: only what the sandbox gives instead. */
const closed = new Set(
  'child_process cluster dgram dns dns/promises http http2 https net tls worker_threads'.split(' '),
);

/**
 * A function's bundle, compiled once from the file that a deployment would upload. `instance` runs it from the top, as
 * a cold start does, with a `process`, a console and a `require` of its own.
 */
export class Bundle {
  readonly #evaluate: (...globals: readonly unknown[]) => unknown;
  readonly #file: string;
  readonly #exported: string;

  /**
   * @param folder the asset
   * @param handler `<file>.<export>`, as Lambda has it
   * @throws BundleError
   */
  constructor(folder: string, handler: string) {
    const [, file, exported] = /^([A-Za-z0-9_/-]+)\.([A-Za-z0-9_]+)$/.exec(handler) ?? [];
    if (file === undefined || exported === undefined)
      throw new BundleError(`The handler ${handler} is not <file>.<export>`);
    if (!statSync(folder).isDirectory())
      throw new BundleError(`${folder} is not a folder; zipped bundles are not unpacked`);
    this.#exported = exported;
    this.#file = path.join(folder, `${file}.js`);
    const source = readSource(this.#file);
    // Such a copy's calls would pass the sandbox by and go to AWS. The strings are those of the SDK's schemas.
    if (/["']com\.amazonaws\.[a-z0-9]+["']/.test(source)) {
      throw new BundleError(`${this.#file} contains a copy of the AWS SDK; leave @aws-sdk/* to the runtime`);
    }
    // `vm` would give the bundle another Error and Array than the SDK's: instanceof has to hold as it does in Lambda.
    // oxlint-disable-next-line typescript/no-implied-eval
    const compiled: unknown = new Function(...globals, `${source}\n//# sourceURL=${this.#file}`);
    this.#evaluate = method({ compiled }, 'compiled');
  }

  /** @throws BundleError for what is required and not there, or what the bundle throws while it is loaded */
  instance(environment: Readonly<Record<string, string>>, log: FunctionLog, surroundings: Surroundings): Handler {
    const outlets = log.outlets();
    const ownProcess = functionProcess(environment, outlets);
    const module: { exports: unknown } = { exports: {} };
    const given = new Map<string, unknown>([
      ...Object.entries(surroundings.modules),
      ['process', ownProcess],
      ['console', Object.assign(Object.create(outlets.console), { Console })],
    ]);
    const noFetch = (): never => {
      throw new BundleError('The sandbox was deployed without a network for functions: fetch');
    };
    this.#evaluate(
      module.exports,
      (name: string) => this.#require(name, given),
      module,
      this.#file,
      path.dirname(this.#file),
      ownProcess,
      outlets.console,
      surroundings.fetch ?? noFetch,
    );
    const exported = member(module.exports, this.#exported);
    const handler = callable(exported);
    if (handler === undefined) throw new BundleError(`${this.#file} exports no function ${this.#exported}`);
    if (Number(member(exported, 'length')) > 2) {
      throw new BundleError(`${this.#file}: handlers with a callback are not simulated`);
    }
    return handler;
  }

  #require(name: string, given: ReadonlyMap<string, unknown>): unknown {
    const plain = name.replace(/^node:/, '');
    if (given.has(plain)) return given.get(plain);
    if (isBuiltin(name)) {
      if (closed.has(plain)) throw new BundleError(`The sandbox was deployed without a network for functions: ${name}`);
      return fromLifeboat(name);
    }
    // What Lambda's runtime brings; everything else has to be in the bundle.
    if (/^@(aws-sdk|smithy)\//.test(name)) return fromLifeboat(name);
    throw new BundleError(`${this.#file} requires ${name}, which is not in the bundle and not in Lambda's runtime`);
  }
}

const globals = ['exports', 'require', 'module', '__filename', '__dirname', 'process', 'console', 'fetch'];

// A bundle lies outside the repository and would not find these by itself.
const fromLifeboat: (name: string) => unknown = createRequire(__filename);

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new BundleError(`The asset has no ${path.basename(file)}`, { cause });
  }
}
