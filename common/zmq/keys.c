#include "zmq/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

int mq_key_pair_generate(struct mq_key_pair *pair) {
  return zmq_curve_keypair(pair->public_key, pair->secret_key) ? -errno : 0;
}

bool mq_key_is_valid(const char *text) {
  uint8_t bytes[32];
  return strlen(text) == MQ_KEY_TEXT - 1 && zmq_z85_decode(bytes, text);
}

int mq_key_pair_from_secret(struct mq_key_pair *pair, const char *secret_key) {
  struct mq_key_pair made;
  if (!mq_key_is_valid(secret_key) || zmq_curve_public(made.public_key, secret_key)) return -EINVAL;
  memcpy(made.secret_key, secret_key, MQ_KEY_TEXT);
  *pair = made;
  return 0;
}

int mq_key_read(const char *path, char key[MQ_KEY_TEXT]) {
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  char text[MQ_KEY_TEXT + 1], rest[2];
  int words = fscanf(file, "%41s %1s", text, rest);
  fclose(file);
  if (words != 1 || !mq_key_is_valid(text)) return -EINVAL;
  memcpy(key, text, MQ_KEY_TEXT);
  return 0;
}

int mq_key_pair_read(const char *path, struct mq_key_pair *pair) {
  char secret_key[MQ_KEY_TEXT];
  int error = mq_key_read(path, secret_key);
  return error ? error : mq_key_pair_from_secret(pair, secret_key);
}

int mq_key_write(const char *path, const char key[MQ_KEY_TEXT]) {
  int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return -errno;
  int error = dprintf(descriptor, "%s\n", key) < 0 ? -errno : 0;
  if (close(descriptor) && !error) error = -errno;
  if (error) unlink(path);
  return error;
}
