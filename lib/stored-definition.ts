import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import {
  ChainDefinitionBody,
  type DefinitionConfig,
  type IChainable,
  type StateGraph,
  type StateMachineProps,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import * as z from 'zod';

/** Where definitions lie before they become assets, beside the functions' bundles. */
const FOLDER = join(resolve(__dirname, '..'), 'dist', 'machines');

const attributeOf = z.array(z.string());
const joined = z.tuple([z.string(), z.array(z.unknown())]);

/**
 * A definition in a file of its own that the stack uploads, with a placeholder for everything that only the stack knows
 * (`DefinitionS3Location`, `DefinitionSubstitutions`). Inside the template all machines together would take it far
 * past the 1 MB that CloudFormation accepts (CloudFormation quotas; docs/adr/0011).
 */
export class StoredDefinition extends ChainDefinitionBody {
  readonly #substitutions: Record<string, unknown> = {};

  constructor(
    chainable: IChainable,
    private readonly machine: string,
  ) {
    super(chainable);
  }

  /** What the template has to give for each placeholder; complete once the machine is made. */
  get substitutions(): Readonly<Record<string, unknown>> {
    return this.#substitutions;
  }

  override bind(
    scope: Construct,
    _principal: IPrincipal,
    { comment, queryLanguage }: StateMachineProps,
    graph?: StateGraph,
  ): DefinitionConfig {
    if (graph === undefined) throw new Error(`${this.machine} has no graph`);
    const definition = { Comment: comment, QueryLanguage: queryLanguage, ...graph.toGraphJson(queryLanguage) };
    const asset = new Asset(scope, 'Definition', { path: this.#written(Stack.of(scope).resolve(definition)) });
    return { definitionS3Location: { bucket: asset.s3BucketName, key: asset.s3ObjectKey } };
  }

  /** Several syntheses may write the same file at a time: each moves its own into place. */
  #written(definition: unknown): string {
    mkdirSync(FOLDER, { recursive: true });
    const file = join(FOLDER, `${this.machine}.asl.json`);
    const own = `${file}.${process.pid}`;
    writeFileSync(own, `${JSON.stringify(this.#placeholders(definition), null, 2)}\n`);
    renameSync(own, file);
    return file;
  }

  #placeholders(value: unknown): unknown {
    if (typeof value === 'string') {
      if (value.includes('${')) throw new Error(`${this.machine}: "${value}" would be taken for a placeholder`);
      return value;
    }
    if (Array.isArray(value)) return value.map((item) => this.#placeholders(item));
    if (typeof value !== 'object' || value === null) return value;
    const text = this.#text(value);
    if (text !== undefined) return text;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#placeholders(item)]));
  }

  /** A function of CloudFormation as a text with placeholders; undefined for what is none. */
  #text(value: object): string | undefined {
    const [[name, argument] = ['', undefined], ...more] = Object.entries(value);
    if (more.length > 0) return undefined;
    if (name === 'Ref' && typeof argument === 'string') return this.#placeholder(argument, value);
    if (name === 'Fn::GetAtt') return this.#placeholder(attributeOf.parse(argument).join(''), value);
    if (name === 'Fn::Join') {
      const [separator, parts] = joined.parse(argument);
      return parts.map((part) => String(this.#placeholders(part))).join(separator);
    }
    if (name.startsWith('Fn::')) throw new Error(`${this.machine}: ${name} has no placeholder`);
    return undefined;
  }

  #placeholder(name: string, value: object): string {
    const key = name.replace(/[^A-Za-z0-9]/g, '');
    this.#substitutions[key] = value;
    return `\${${key}}`;
  }
}
