'use strict';
const { health } = require('./health');
const { users } = require('./users');
const { evaluations } = require('./evaluations');

module.exports = { routes: [...health, ...users, ...evaluations] };
