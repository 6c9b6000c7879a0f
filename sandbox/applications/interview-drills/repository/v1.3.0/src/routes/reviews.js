'use strict';

async function reviewEvaluation({ database, body, parameters, BadRequest }) {
  const { reviewerId, agrees } = body;
  if (!Number.isInteger(reviewerId)) throw new BadRequest('reviewerId is missing');
  if (typeof agrees !== 'boolean') throw new BadRequest('agrees is missing');
  await database.query('INSERT INTO reviews (evaluation_id, reviewer_id, agrees) VALUES ($1, $2, $3)', [
    parameters[0],
    reviewerId,
    agrees,
  ]);
  return { status: 201, body: { evaluationId: Number(parameters[0]) } };
}

const path = /^\/api\/evaluations\/(\d+)\/review$/;

module.exports = { reviews: [{ name: 'review-evaluation', method: 'POST', path, handle: reviewEvaluation }] };
