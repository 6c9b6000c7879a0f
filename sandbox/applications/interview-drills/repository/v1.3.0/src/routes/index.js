'use strict';
const { health } = require('./health');
const { users } = require('./users');
const { questions } = require('./questions');
const { evaluations } = require('./evaluations');
const { reviews } = require('./reviews');

module.exports = { routes: [...health, ...users, ...questions, ...evaluations, ...reviews] };
