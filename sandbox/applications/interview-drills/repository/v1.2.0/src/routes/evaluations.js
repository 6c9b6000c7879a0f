'use strict';

function check({ userId, questionId, score, feedback, rubric }, BadRequest) {
  if (rubric !== undefined && (typeof rubric !== 'string' || rubric === '')) throw new BadRequest('rubric is empty');
  if (!Number.isInteger(userId)) throw new BadRequest('userId is missing');
  if (!Number.isInteger(questionId)) throw new BadRequest('questionId is missing');
  if (!Number.isInteger(score) || score < 0 || score > 100) throw new BadRequest('score is not from 0 to 100');
  if (typeof feedback !== 'string') throw new BadRequest('feedback is missing');
}

/** Answers only when the transaction is committed: what was acknowledged is in the database. */
async function createEvaluation({ database, body, BadRequest }) {
  check(body, BadRequest);
  const { rows } = await database.query(
    'INSERT INTO evaluations (user_id, question_id, score, feedback, rubric) VALUES ($1, $2, $3, $4, $5) RETURNING id, pg_current_xact_id() AS transaction',
    [body.userId, body.questionId, body.score, body.feedback, body.rubric ?? 'standard'],
  );
  return {
    status: 201,
    body: { id: Number(rows[0].id), transaction: rows[0].transaction, committedAt: new Date().toISOString() },
  };
}

async function readEvaluation({ database, parameters }) {
  const { rows } = await database.query(
    'SELECT id, user_id, question_id, score, feedback, rubric, created_at FROM evaluations WHERE id = $1',
    [parameters[0]],
  );
  if (rows.length === 0) return { status: 404, body: { error: 'no such evaluation' } };
  const [row] = rows;
  return {
    status: 200,
    body: {
      id: Number(row.id),
      userId: Number(row.user_id),
      questionId: Number(row.question_id),
      score: row.score,
      feedback: row.feedback,
      rubric: row.rubric,
      createdAt: row.created_at,
    },
  };
}

async function listEvaluations({ database, query, BadRequest }) {
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new BadRequest('limit is not from 1 to 1000');
  const { rows } = await database.query(
    'SELECT id, user_id, question_id, score, created_at FROM evaluations ORDER BY created_at DESC, id DESC LIMIT $1',
    [limit],
  );
  const evaluations = rows.map((row) => ({
    id: Number(row.id),
    userId: Number(row.user_id),
    questionId: Number(row.question_id),
    score: row.score,
    createdAt: row.created_at,
  }));
  return { status: 200, body: { evaluations } };
}

module.exports = {
  evaluations: [
    { name: 'list-evaluations', method: 'GET', path: /^\/api\/evaluations$/, handle: listEvaluations },
    { name: 'create-evaluation', method: 'POST', path: /^\/api\/evaluations$/, handle: createEvaluation },
    { name: 'read-evaluation', method: 'GET', path: /^\/api\/evaluations\/(\d+)$/, handle: readEvaluation },
  ],
};
