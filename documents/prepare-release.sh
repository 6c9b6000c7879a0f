#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/release.sh
source shared/owner.sh

# Twice what the serving release takes: the clone, and what a build makes beside its result.
require_room() {
  local needed free
  needed=$(du -sk "$SERVING")
  needed=$((2 * ${needed%%[[:space:]]*}))
  free=$(df -Pk "$SSM_Releases" | tail -n 1)
  read -r _ _ _ free _ <<<"$free"
  ((free >= needed)) ||
    fail 32 "no room for a release in $SSM_Releases on $(uname -n): $((free / 1024)) MB are free, $((needed / 1024)) MB are needed, twice what the serving release takes. Remove releases that are kept there and no longer wanted"
}

# files_of FOLDER: its files with their digests, without git's own.
files_of() { (cd "$1" && find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 -r sha256sum); }

# built_before NAME: whether that folder holds this very commit, with the files that were built.
built_before() {
  local tag commit
  [ -f "$SSM_Releases/.$1.release" ] && [ -f "$SSM_Releases/.$1.sha256" ] || return 1
  read -r tag commit <"$SSM_Releases/.$1.release"
  [ "$tag $commit" = "$SSM_Release $COMMIT" ] || return 1
  (cd "$SSM_Releases/$1" && sha256sum --quiet --check "../.$1.sha256" >&2) || return 1
}

# The tag's commit in COMMIT.
from_git() {
  local tag=refs/tags/$SSM_Release
  if timeout 300 "${AS_OWNER[@]}" git -C "$SERVING" fetch --quiet --tags origin >&2; then
    FETCHED=true
  else
    progress "the repository cannot be reached, or has moved a tag: what $(uname -n) knows has to do"
  fi
  COMMIT=$(as_owner git -C "$SERVING" rev-parse --quiet --verify "$tag^{commit}") ||
    fail 30 "there is no release $SSM_Release: $(uname -n) does not know the tag, fetched: $FETCHED"
}

checkout() {
  local url release=$WORK/release tag=refs/tags/$SSM_Release
  url=$(as_owner git -C "$SERVING" remote get-url origin)
  as_owner git clone --quiet --no-checkout "$SERVING" "$release" >&2
  as_owner git -C "$release" fetch --quiet origin "$tag:$tag" >&2
  as_owner git -C "$release" remote set-url origin "$url"
  as_owner git -C "$release" checkout --quiet --detach "$COMMIT" >&2 ||
    fail 31 "the release $SSM_Release cannot be checked out on $(uname -n); git's message is above"
}

build() {
  as_owner env -C "$WORK/release" npm ci --no-audit --no-fund >&2 ||
    fail 31 "npm ci of $SSM_Release failed on $(uname -n); its message is above. What serves is untouched"
  as_owner env -C "$WORK/release" npm run build >&2 ||
    fail 31 "npm run build of $SSM_Release failed on $(uname -n); its message is above. What serves is untouched"
}

# The artefact's digest in COMMIT.
from_bucket() {
  local name=$SSM_Release.tar.gz
  aws s3 cp --only-show-errors "$SSM_Artefacts/$name.sha256" "$WORK/$name.sha256" >&2 ||
    fail 30 "there is no release $SSM_Release: $SSM_Artefacts/$name.sha256 cannot be read on $(uname -n)"
  COMMIT=$(<"$WORK/$name.sha256")
  COMMIT=${COMMIT%%[[:space:]]*}
  [[ $COMMIT =~ ^[0-9a-f]{64}$ ]] || fail 31 "$SSM_Artefacts/$name.sha256 does not begin with a sha256 digest"
  FETCHED=true
}

unpack() {
  local name=$SSM_Release.tar.gz found
  aws s3 cp --only-show-errors "$SSM_Artefacts/$name" "$WORK/$name" >&2 ||
    fail 30 "there is no release $SSM_Release: $SSM_Artefacts/$name cannot be read on $(uname -n)"
  found=$(sha256sum <"$WORK/$name")
  [ "${found%% *}" = "$COMMIT" ] ||
    fail 31 "$SSM_Artefacts/$name has the digest ${found%% *}, its .sha256 says $COMMIT: it is not unpacked"
  as_owner mkdir "$WORK/release"
  as_owner tar -xzf - --no-same-owner -C "$WORK/release" <"$WORK/$name" ||
    fail 31 "$SSM_Artefacts/$name cannot be unpacked on $(uname -n); tar's message is above"
}

# carry FOLDER: the serving release's configuration, with its owner and its mode.
carry() {
  local file files
  read -r -a files <<<"$SSM_Carried"
  for file in ${files[@]+"${files[@]}"}; do
    [ -f "$SERVING/$file" ] || continue
    as_owner mkdir -p "$(dirname "$1/$file")"
    cp -p "$SERVING/$file" "$1/$file.lifeboat-new"
    mv -T "$1/$file.lifeboat-new" "$1/$file"
  done
}

main() {
  umask 022
  export GIT_TERMINAL_PROMPT=0
  FETCHED=false
  COMMIT=''
  release_serving
  # For timeout, which takes a program and no function.
  AS_OWNER=(env)
  # A document that was killed leaves its folder behind; none takes a day.
  find "$SSM_Releases" -maxdepth 1 -name '.preparing.????????' -mmin +1440 -exec rm -rf {} +
  # Beside the releases, so that what is ready gets its name by one rename; removed at the end, whatever happens.
  WORK=$(mktemp -d "$SSM_Releases/.preparing.XXXXXXXX")
  if [ "$OWNER" != "$(id -un)" ]; then
    mkdir "$WORK/home"
    chown "$OWNER" "$WORK" "$WORK/home"
    AS_OWNER=(runuser -u "$OWNER" -- env "HOME=$WORK/home")
  fi
  require_room
  if [ -n "$SSM_Artefacts" ]; then from_bucket; else from_git; fi

  # A folder of that name whose files are not those that were built is left as it is, and may be the one that serves.
  folder=$SSM_Release
  number=1
  built=true
  while [ -e "$SSM_Releases/$folder" ]; do
    if built_before "$folder"; then
      built=false
      progress "$folder was built before, and its files are what they were"
      break
    fi
    number=$((number + 1))
    folder=$SSM_Release.$number
  done

  if [ "$built" = true ]; then
    if [ -n "$SSM_Artefacts" ]; then
      unpack
    else
      checkout
      build
    fi
    files_of "$WORK/release" >"$WORK/sha256"
    printf '%s %s\n' "$SSM_Release" "$COMMIT" >"$WORK/record"
    carry "$WORK/release"
    chmod 644 "$WORK/sha256" "$WORK/record"
    mv -T "$WORK/sha256" "$SSM_Releases/.$folder.sha256"
    mv -T "$WORK/record" "$SSM_Releases/.$folder.release"
    mv -T "$WORK/release" "$SSM_Releases/$folder"
  elif [ "$folder" != "$SERVING_NAME" ]; then
    carry "$SSM_Releases/$folder"
  fi
  release_schema "$SSM_Releases/$folder"
  result "{\"release\":$(json_string "$SSM_Release"),\"folder\":$(json_string "$folder"),\"commit\":$(json_string "$COMMIT"),\"built\":$built,\"fetched\":$FETCHED,\"schema\":$REPLY}"
}
main
