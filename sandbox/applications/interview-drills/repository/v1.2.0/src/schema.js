'use strict';
/** The oldest schema that this version works with. Newer ones are fine: migrations only add. */
module.exports = { needs: '1.2.0' };
