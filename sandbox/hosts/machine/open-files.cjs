'use strict';
const fs = require('node:fs');
const path = require('node:path');

const links = (pid) => {
  const own = ['cwd', 'root', 'exe'].map((name) => `/proc/${pid}/${name}`);
  try {
    return [...own, ...fs.readdirSync(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`)];
  } catch {
    return own;
  }
};

/** Processes that have a folder, or something in it, open or as their place: what keeps it from being unmounted. */
function holdersOf(folder) {
  let pids;
  try {
    pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return pids.filter((pid) =>
    links(pid).some((link) => {
      try {
        const target = fs.readlinkSync(link);
        return target === folder || target.startsWith(folder + path.sep);
      } catch {
        return false;
      }
    }),
  );
}

module.exports = { holdersOf };
