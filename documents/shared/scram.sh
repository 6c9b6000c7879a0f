# scram_verifier PASSWORD: what PostgreSQL stores of a password (RFC 5803), in REPLY. `ALTER ROLE … PASSWORD 'clear text'`
# would put the password into the server's log (log_statement = ddl, which RDS users commonly set, or pgaudit); a
# verifier there opens nothing. psql's \password does the same, but asks at a terminal. Passwords outside ASCII are refused,
# since SASLprep (RFC 4013) would have to prepare them. openssl derives the key with the password on its standard input;
# `enc` takes eight bytes of salt, which PostgreSQL accepts.
scram_verifier() {
  local salt derived key client stored server
  [[ $1 =~ ^[\ -~]+$ ]] || return 1
  salt=$(od -An -v -tx1 -N8 /dev/urandom | tr -d ' \n')
  derived=$(openssl enc -aes-256-cbc -pbkdf2 -iter 4096 -md sha256 -S "$salt" -P -pass stdin <<<"$1")
  [[ $derived =~ key\ *=\ *([0-9A-Fa-f]{64}) ]] || return 1
  key=${BASH_REMATCH[1]}
  hmac_sha256 "$key" 'Client Key'
  client=$REPLY
  hmac_sha256 "$key" 'Server Key'
  server=$(hex_base64 "$REPLY")
  stored=$(hex_bytes "$client" | sha256sum)
  REPLY="SCRAM-SHA-256\$4096:$(hex_base64 "$salt")\$$(hex_base64 "${stored%% *}"):$server"
}

# hmac_sha256 HEX-KEY TEXT: in REPLY as hex. openssl's own HMAC takes its key as an argument, which everybody can see.
hmac_sha256() {
  local inner='' outer='' byte at
  for ((at = 0; at < 64; at++)); do
    byte=0
    ((at >= 32)) || byte=$((16#${1:at*2:2}))
    printf -v inner '%s%02x' "$inner" $((byte ^ 0x36))
    printf -v outer '%s%02x' "$outer" $((byte ^ 0x5c))
  done
  REPLY=$({ hex_bytes "$inner" && printf '%s' "$2"; } | sha256sum)
  REPLY=$({ hex_bytes "$outer" && hex_bytes "${REPLY%% *}"; } | sha256sum)
  REPLY=${REPLY%% *}
}

hex_bytes() {
  local at text=''
  for ((at = 0; at < ${#1}; at += 2)); do text+="\\x${1:at:2}"; done
  printf '%b' "$text"
}

hex_base64() { hex_bytes "$1" | base64 | tr -d '\n'; }
