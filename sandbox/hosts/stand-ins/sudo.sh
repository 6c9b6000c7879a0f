#!/bin/bash
# sudo of a simulated host: everything there runs as one user already, so it only runs the rest. Like the real one it
# resets the environment (env_reset) unless -E asks to keep it; what makes a process belong to its host stays.
keep=
while [ $# -gt 0 ]; do
  case $1 in
  -E) keep=1 ;;
  -n | -H) ;;
  -u) shift ;;
  --) shift; break ;;
  -*) echo "sudo: not simulated by this sandbox: $1" >&2; exit 64 ;;
  *) break ;;
  esac
  shift
done
if [ -z "$keep" ]; then
  for name in $(compgen -e); do
    case $name in
    PATH | HOME | USER | LOGNAME | LANG | TERM | TMPDIR | PWD | LIFEBOAT_* | NODE_OPTIONS | NODE_PATH | npm_config_* | GIT_*) ;;
    *) unset "$name" ;;
    esac
  done
fi
while [[ ${1-} == [A-Za-z_]*=* ]]; do
  export "${1?}"
  shift
done
exec "$@"
