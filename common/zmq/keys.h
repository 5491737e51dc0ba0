// CURVE keys (https://rfc.zeromq.org/spec/26/) as text: 40 characters of Z85 (https://rfc.zeromq.org/spec/32/), alone
// in a file.
#pragma once

#include <stdbool.h>

enum { MQ_KEY_TEXT = 41 };  // with its NUL

struct mq_key_pair {
  char public_key[MQ_KEY_TEXT];
  char secret_key[MQ_KEY_TEXT];
};

int mq_key_pair_generate(struct mq_key_pair *pair);
// Fills in the public key that belongs to the secret one. -EINVAL when that is no key.
int mq_key_pair_from_secret(struct mq_key_pair *pair, const char *secret_key);
bool mq_key_is_valid(const char *text);

// White space around the key is passed over. -EINVAL when the file holds anything else than one key, or -errno.
int mq_key_read(const char *path, char key[MQ_KEY_TEXT]);
// The pair whose secret half is in the file.
int mq_key_pair_read(const char *path, struct mq_key_pair *pair);
// Makes the file, readable by its owner alone; -EEXIST rather than write over one.
int mq_key_write(const char *path, const char key[MQ_KEY_TEXT]);
