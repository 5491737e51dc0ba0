// Master keys: outside PostgreSQL, in a file that its owner and group alone read. One key a line, 32 bytes as hex or
// base64; empty lines and lines that begin with # are skipped. The last key is the newest: it seals what is new, the
// others still open what they sealed, so a key is rotated by adding a line. (openssl rand -hex 32 >> FILE)
//
// A key's id is derived from the key, so that no file can name one wrongly. Keys lie in locked, guarded memory where
// the system allows it, and are wiped.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "crypto/seal.h"

enum { KEYRING_MAX = 8, KEY_ID_MAX = 17 };

struct master_key {
  char id[KEY_ID_MAX];              // 16 hex digits
  uint8_t sealing[SEAL_KEY_BYTES];  // seals persons' keys
  uint8_t audit[SEAL_KEY_BYTES];    // chains the audit log
};

struct keyring;

// -EINVAL: a line is no key, a key stands twice, or there is none; -E2BIG: more than KEYRING_MAX.
int keyring_parse(const char *text, size_t size, struct keyring **ret_keyring);
// The same from a file. Besides -errno, -EPERM when others can read it or its group can write it.
int keyring_load(const char *path, struct keyring **ret_keyring);
void keyring_destroy(struct keyring *keyring);

const struct master_key *keyring_newest(const struct keyring *keyring);
// NULL when there is none of that id.
const struct master_key *keyring_find(const struct keyring *keyring, const char *id);
