'use strict';
/** The oldest schema that this version works with, as release.json says it to everybody else. Newer ones only add. */
module.exports = { needs: require('../release.json').schema.minimum };
