'use strict';
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

/** The chunk of a snapshot in which changes are counted, bytes (lvcreate(8), --chunksize: 4 KiB is the smallest). */
const CHUNK = 4096;

/** Every entry of a tree by its path in it, `.` for the tree itself. */
function entries(folder, at = '.', found = new Map()) {
  const place = path.join(folder, at);
  const stat = fs.lstatSync(place);
  found.set(at, stat);
  if (stat.isDirectory()) for (const name of fs.readdirSync(place)) entries(folder, path.join(at, name), found);
  return found;
}

const kind = (stat) => stat.mode & fs.constants.S_IFMT;

/** Whether an entry has the same content; of files with equal size and time it is taken for granted, as rsync does. */
function sameContent(one, oneStat, other, otherStat) {
  if (kind(oneStat) !== kind(otherStat)) return false;
  if (oneStat.isSymbolicLink()) return fs.readlinkSync(one) === fs.readlinkSync(other);
  if (!oneStat.isFile()) return true;
  if (oneStat.size !== otherStat.size) return false;
  return oneStat.mtimeMs === otherStat.mtimeMs || fs.readFileSync(one).equals(fs.readFileSync(other));
}

/** What differs between two trees: `{path, bytes}`, parents before what is in them. */
function differences(now, then) {
  const [mine, theirs] = [entries(now), entries(then)];
  const names = [...new Set([...mine.keys(), ...theirs.keys()])].sort();
  return names.flatMap((name) => {
    const [one, other] = [mine.get(name), theirs.get(name)];
    const size = (one?.isFile() ? one.size : 0) + CHUNK;
    if (one === undefined || other === undefined) return [{ path: name, bytes: size }];
    if (!sameContent(path.join(now, name), one, path.join(then, name), other)) return [{ path: name, bytes: size }];
    const attributes = one.mode !== other.mode || one.uid !== other.uid || one.gid !== other.gid;
    return attributes ? [{ path: name, bytes: CHUNK }] : [];
  });
}

/** Chunks that were overwritten since, in bytes, with what a snapshot needs for its own table. */
function changedBytes(now, then) {
  const chunks = differences(now, then).reduce((sum, { bytes }) => sum + Math.ceil(bytes / CHUNK), 0);
  return (chunks + 4 + Math.ceil(chunks / 256)) * CHUNK;
}

/** A copy with modes, owners, times and links. */
function copyTree(from, to) {
  fs.mkdirSync(path.dirname(to), { recursive: true });
  execFileSync('cp', ['-a', '--', from, to], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes one entry in a tree what it is in another one. */
function restoreEntry(to, from, name) {
  const [there, here] = [path.join(to, name), path.join(from, name)];
  const wanted = fs.lstatSync(here, { throwIfNoEntry: false });
  const present = fs.lstatSync(there, { throwIfNoEntry: false });
  if (wanted === undefined) return fs.rmSync(there, { recursive: true, force: true });
  if (present !== undefined && !(wanted.isDirectory() && present.isDirectory()))
    fs.rmSync(there, { recursive: true, force: true });
  if (!wanted.isDirectory()) return copyTree(here, there);
  fs.mkdirSync(there, { recursive: true });
  fs.chmodSync(there, wanted.mode & 0o7777);
  try {
    fs.chownSync(there, wanted.uid, wanted.gid);
  } catch {
    // Only root may give files away; then all of them are ours anyway.
  }
}

module.exports = { CHUNK, changedBytes, copyTree, differences, restoreEntry };
