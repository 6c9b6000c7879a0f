'use strict';

/** What LVM2 says and ends with: 5 is its code for a command that failed. */
class LvmError extends Error {
  name = 'LvmError';
}

module.exports = { LvmError };
