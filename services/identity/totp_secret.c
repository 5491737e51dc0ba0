#include "totp_secret.h"

#include <errno.h>

// The same while it is set up and when it is in force, so that coming into force only moves it.
static struct seal_place place_of(const char *person_id) {
  return (struct seal_place){"identity.totp", "secret", person_id, person_id, NULL, 1};
}

const char *totp_secret_seal(const struct keyring *keyring, struct random_source *random, const char *person_id,
                             const uint8_t secret[TOTP_SECRET_BYTES], uint8_t sealed[TOTP_SEALED_BYTES]) {
  const struct master_key *key = keyring_newest(keyring);
  const struct seal_place place = place_of(person_id);
  uint8_t nonce[SEAL_NONCE_BYTES];
  random->fill(random, nonce, sizeof nonce);
  seal(key->sealing, &place, nonce, secret, TOTP_SECRET_BYTES, sealed);
  return key->id;
}

int totp_secret_open(const struct keyring *keyring, const char *person_id, ProtobufCBinaryData sealed,
                     const char *key_id, uint8_t secret[TOTP_SECRET_BYTES]) {
  const struct master_key *key = keyring_find(keyring, key_id);
  const struct seal_place place = place_of(person_id);
  if (!key) return -ENOKEY;
  if (sealed.len != TOTP_SEALED_BYTES) return -EBADMSG;
  return seal_open(key->sealing, &place, sealed.data, sealed.len, secret);
}
