/** What the observer knows of the application: the requests that it makes and how it tells a right answer. */
import { createHash } from 'node:crypto';
import * as z from 'zod';

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** What a write says. `feedback` is unlike that of any other write, so that a row is known by its content. */
export interface Content {
  readonly userId: number;
  readonly questionId: number;
  readonly score: number;
  readonly feedback: string;
}

export const acknowledgementSchema = z.object({ id: z.int(), transaction: z.string().regex(/^\d+$/) });
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

const healthy = z.object({ status: z.literal('healthy') });
const evaluation = z.object({
  id: z.int(),
  userId: z.int(),
  questionId: z.int(),
  score: z.int(),
  feedback: z.string(),
});

export const health: Request = { method: 'GET', path: '/api/health' };

export function isHealthy(body: string): boolean {
  return healthy.safeParse(json(body)).success;
}

export function readEvaluation(id: number): Request {
  return { method: 'GET', path: `/api/evaluations/${id}` };
}

/**
 * What an answer says of an evaluation, in a form that versions of the application agree on; undefined where it is not
 * that evaluation.
 */
export function evaluationIn(body: string, id: number): string | undefined {
  const parsed = evaluation.safeParse(json(body));
  return parsed.success && parsed.data.id === id ? JSON.stringify(parsed.data) : undefined;
}

export function createEvaluation(content: Content): Request {
  return { method: 'POST', path: '/api/evaluations', body: JSON.stringify(content) };
}

/** Undefined where the answer is no acknowledgement of a write. */
export function acknowledgementIn(body: string): Acknowledgement | undefined {
  return acknowledgementSchema.safeParse(json(body)).data;
}

/** The same for what was sent and for the row that came of it. */
export function contentDigest({ userId, questionId, score, feedback }: Content): string {
  return createHash('sha256')
    .update(JSON.stringify([userId, questionId, score, feedback]))
    .digest('hex');
}

/** Where the writes land, and the columns of `Content`. */
export const writes = {
  table: 'public.evaluations',
  row: z.object({
    key: z.string(),
    userId: z.coerce.number(),
    questionId: z.coerce.number(),
    score: z.coerce.number(),
    feedback: z.string(),
  }),
  select: `SELECT id::text AS key, user_id AS "userId", question_id AS "questionId", score, feedback
    FROM public.evaluations WHERE id = ANY($1::bigint[])`,
} as const;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
