# Secrets stay in shell variables: not in a file, an argument, the output or an error.

# The texts of the secret that was read last, by field.
declare -A SECRET_FIELDS=()

# secret_read ARN: sets SECRET_USERNAME and SECRET_PASSWORD from JSON as RDS writes it.
secret_read() {
  secret_text "$1"
  secret_parse "$REPLY" ||
    fail 1 "the secret $1 is not a flat JSON object with the texts username and password"
}

# secret_field ARN FIELD: one text of a secret, in REPLY.
secret_field() {
  secret_text "$1"
  secret_fields "$REPLY" || fail 1 "the secret $1 is not a flat JSON object"
  REPLY=${SECRET_FIELDS[$2]-}
  [ -n "$REPLY" ] || fail 1 "the secret $1 has no text $2"
}

# secret_text ARN: the secret as it is today, in REPLY.
secret_text() {
  local arn=$1 region
  # The secret's own region: the host's CLI may have none configured, and a recovery region reads a replica.
  region=${arn#arn:*:secretsmanager:}
  region=${region%%:*}
  REPLY=$(AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_PAGER='' \
    aws secretsmanager get-secret-value --secret-id "$arn" --query SecretString --output text) ||
    fail 1 "the secret $arn cannot be read on $(uname -n): the aws command's message is above. The host's instance role needs secretsmanager:GetSecretValue on it"
}

# secret_parse JSON: sets SECRET_USERNAME and SECRET_PASSWORD. Returns 1 where it has not both.
secret_parse() {
  secret_fields "$1" || return 1
  SECRET_USERNAME=${SECRET_FIELDS[username]-}
  SECRET_PASSWORD=${SECRET_FIELDS[password]-}
  [ -n "$SECRET_USERNAME" ] && [ -n "$SECRET_PASSWORD" ]
}

# secret_fields JSON: its texts, in SECRET_FIELDS. A flat object only. Returns 1 where it is anything else; says nothing of
# its contents.
secret_fields() {
  local rest=$1 name value is_text
  local text='^"(([^"\\]|\\.)*)"[[:space:]]*' other='^(-?[0-9][0-9.eE+-]*|true|false|null)[[:space:]]*'
  SECRET_FIELDS=()
  [[ $rest =~ ^[[:space:]]*\{[[:space:]]* ]] || return 1
  rest=${rest:${#BASH_REMATCH[0]}}
  while true; do
    [[ $rest =~ $text ]] || return 1
    name=${BASH_REMATCH[1]}
    rest=${rest:${#BASH_REMATCH[0]}}
    [[ $rest =~ ^:[[:space:]]* ]] || return 1
    rest=${rest:${#BASH_REMATCH[0]}}
    is_text=yes
    if [[ ! $rest =~ $text ]]; then
      [[ $rest =~ $other ]] || return 1
      is_text=no
    fi
    value=${BASH_REMATCH[1]}
    rest=${rest:${#BASH_REMATCH[0]}}
    if [ "$is_text" = yes ]; then
      json_unescape "$value" || return 1
      [ -z "$name" ] || SECRET_FIELDS[$name]=$REPLY
    fi
    if [[ $rest =~ ^,[[:space:]]* ]]; then
      rest=${rest:${#BASH_REMATCH[0]}}
    else
      [[ $rest =~ ^\}[[:space:]]*$ ]] || return 1
      break
    fi
  done
}

# json_unescape TEXT: the inside of a JSON string decoded to UTF-8, in REPLY. Returns 1 for a wrong escape or a NUL.
json_unescape() {
  local rest=$1 out='' code low
  while [[ $rest == *\\* ]]; do
    out+=${rest%%\\*}
    rest=${rest#*\\}
    case $rest in
      \"* | \\* | /*) out+=${rest:0:1} ;;
      b*) out+=$'\b' ;;
      f*) out+=$'\f' ;;
      n*) out+=$'\n' ;;
      r*) out+=$'\r' ;;
      t*) out+=$'\t' ;;
      u*)
        [[ $rest =~ ^u([0-9a-fA-F]{4}) ]] || return 1
        code=$((16#${BASH_REMATCH[1]}))
        if ((code >= 0xd800 && code <= 0xdfff)); then
          # Above U+FFFF JSON writes two halves.
          [[ $rest =~ ^u[dD][89abAB][0-9a-fA-F]{2}\\u([dD][c-fC-F][0-9a-fA-F]{2}) ]] || return 1
          low=$((16#${BASH_REMATCH[1]}))
          code=$((0x10000 + ((code - 0xd800) << 10) + low - 0xdc00))
          rest=${rest:6}
        fi
        utf8 "$code" || return 1
        out+=$REPLY
        rest=${rest:4}
        ;;
      *) return 1 ;;
    esac
    rest=${rest:1}
  done
  REPLY=$out$rest
}

# utf8 NUMBER: the character's bytes, in REPLY. bash's own \u writes them in a UTF-8 locale only.
utf8() {
  local bytes
  (($1 > 0)) || return 1
  if (($1 < 0x80)); then
    printf -v bytes '\\x%x' "$1"
  elif (($1 < 0x800)); then
    printf -v bytes '\\x%x\\x%x' $((0xc0 | $1 >> 6)) $((0x80 | $1 & 63))
  elif (($1 < 0x10000)); then
    printf -v bytes '\\x%x\\x%x\\x%x' $((0xe0 | $1 >> 12)) $((0x80 | $1 >> 6 & 63)) $((0x80 | $1 & 63))
  else
    printf -v bytes '\\x%x\\x%x\\x%x\\x%x' $((0xf0 | $1 >> 18)) $((0x80 | $1 >> 12 & 63)) $((0x80 | $1 >> 6 & 63)) $((0x80 | $1 & 63))
  fi
  printf -v REPLY '%b' "$bytes"
}
