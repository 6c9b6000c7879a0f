'use strict';

async function listQuestions({ database, query }) {
  const topic = query.get('topic');
  const { rows } = await database.query(
    'SELECT id, topic, text FROM questions WHERE $1::text IS NULL OR topic = $1 ORDER BY id LIMIT 500',
    [topic],
  );
  return { status: 200, body: { questions: rows.map((row) => ({ ...row, id: Number(row.id) })) } };
}

module.exports = {
  questions: [{ name: 'list-questions', method: 'GET', path: /^\/api\/questions$/, handle: listQuestions }],
};
