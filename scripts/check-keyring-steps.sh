#!/usr/bin/env bash
# What check-keyring.sh checks; runs in a session bus of its own, inside `ldctl sandbox exec`.
set -uo pipefail

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
step() { printf '  %s\n' "$1"; }
config="$LDCTL_CONFIG_DIR/config.json"
first_key=$LD_API_KEY
second_key=$LDCTL_SANDBOX_READONLY_KEY
deployment=$LD_DEPLOYMENT_ID
tenant=$LD_TENANT_ID
unset LD_API_KEY LD_TENANT_ID LD_DEPLOYMENT_ID LD_SUPERVISOR_URL

printf 'password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null || fail 'gnome-keyring did not start'

echo 'keys in a keyring:'
step 'without --key-store, the key goes into the keyring'
printf '%s\n' "$first_key" |
  ldctl profiles add ring --tenant-id "$tenant" --deployment "$deployment" --api-key-stdin -q >/dev/null || fail 'add'
grep -q '"store": "keyring"' "$config" || fail 'the profile does not say keyring'
grep -qF "$first_key" "$config" && fail 'the key is in the config'

step 'and is read from there'
[ "$(ldctl whoami --profile ring -o json | sed -n 's/.*"role": "\(.*\)",/\1/p')" = admin ] || fail 'whoami with the first key'
ldctl activities list --profile ring --limit 1 >/dev/null || fail 'list'

step 'another one replaces it'
printf '%s\n' "$second_key" | ldctl profiles update ring --api-key-stdin -q >/dev/null || fail 'update'
[ "$(ldctl whoami --profile ring -o json | sed -n 's/.*"role": "\(.*\)",/\1/p')" = readonly ] || fail 'whoami with the second key'

step 'a locked keyring ends within seconds, and says what to do'
lock() {
  dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
}
lock || fail 'the keyring could not be locked'
said=$(timeout 20 ldctl activities list --profile ring 2>&1) && fail 'list with a locked keyring'
grep -q 'unlock it' <<<"$said" || fail "with a locked keyring it said: $said"

step 'and works again when it is unlocked'
printf 'password' | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null || fail 'it could not be unlocked'
ldctl activities list --profile ring --limit 1 >/dev/null || fail 'list after unlocking'

step 'removing the profile removes the key'
ldctl profiles remove ring --yes -q >/dev/null || fail 'remove'
secrets=$(dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
  org.freedesktop.Secret.Service.SearchItems dict:string:string:service,ldctl) || fail 'the keyring could not be searched'
grep -q 'object path "/' <<<"$secrets" && fail "left in the keyring: $secrets"
echo 'ok'
