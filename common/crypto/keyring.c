#include "crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"

struct keyring {
  size_t count;
  struct master_key keys[KEYRING_MAX];  // the newest last
};

enum { FILE_MAX_BYTES = 4096 };

static int parse_key(const char *line, size_t size, uint8_t root[SEAL_KEY_BYTES]) {
  size_t got;
  const char *end;
  if (!sodium_hex2bin(root, SEAL_KEY_BYTES, line, size, NULL, &got, &end) && got == SEAL_KEY_BYTES &&
      end == line + size)
    return 0;
  if (!sodium_base642bin(root, SEAL_KEY_BYTES, line, size, NULL, &got, &end, sodium_base64_VARIANT_ORIGINAL) &&
      got == SEAL_KEY_BYTES && end == line + size)
    return 0;
  return -EINVAL;
}

static void derive(const uint8_t root[SEAL_KEY_BYTES], struct master_key *key) {
  uint8_t hash[HASH_BYTES];
  const struct bytes label = bytes_of_text("pulih key id 1");
  hash_parts(root, &label, 1, hash);
  sodium_bin2hex(key->id, sizeof key->id, hash, (sizeof key->id - 1) / 2);
  seal_derive_key(root, "sealkeys", key->sealing);
  seal_derive_key(root, "auditlog", key->audit);
}

static int add_line(struct keyring *keyring, const char *line, size_t size) {
  while (size && (line[size - 1] == '\r' || line[size - 1] == ' ')) size--;
  if (!size || *line == '#') return 0;
  if (keyring->count == KEYRING_MAX) return -E2BIG;
  struct master_key *key = &keyring->keys[keyring->count];
  uint8_t root[SEAL_KEY_BYTES];
  int error = parse_key(line, size, root);
  if (!error) derive(root, key);
  sodium_memzero(root, sizeof root);
  if (error) return error;
  if (keyring_find(keyring, key->id)) return -EINVAL;
  keyring->count++;
  return 0;
}

int keyring_parse(const char *text, size_t size, struct keyring **ret_keyring) {
  if (sodium_init() < 0) return -EIO;
  struct keyring *keyring = sodium_malloc(sizeof *keyring);
  if (!keyring) return -ENOMEM;
  keyring->count = 0;
  int error = 0;
  for (const char *line = text, *end = text + size; !error && line < end;) {
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    const char *line_end = newline ? newline : end;
    error = add_line(keyring, line, (size_t)(line_end - line));
    line = newline ? newline + 1 : end;
  }
  if (!error && !keyring->count) error = -EINVAL;
  if (error) {
    sodium_free(keyring);
    return error;
  }
  sodium_mprotect_readonly(keyring);
  *ret_keyring = keyring;
  return 0;
}

int keyring_load(const char *path, struct keyring **ret_keyring) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -errno;
  struct stat status;
  char text[FILE_MAX_BYTES];
  ssize_t size = 0;
  int error = fstat(file, &status) ? -errno : status.st_mode & (S_IWGRP | S_IRWXO) ? -EPERM : 0;
  if (!error && (size = read(file, text, sizeof text)) < 0) error = -errno;
  if (!error && size == sizeof text) error = -E2BIG;
  if (!error) error = keyring_parse(text, (size_t)size, ret_keyring);
  sodium_memzero(text, sizeof text);
  close(file);
  return error;
}

void keyring_destroy(struct keyring *keyring) {
  sodium_free(keyring);
}

const struct master_key *keyring_newest(const struct keyring *keyring) {
  return &keyring->keys[keyring->count - 1];
}

const struct master_key *keyring_find(const struct keyring *keyring, const char *id) {
  for (size_t i = 0; i < keyring->count; i++)
    if (!strcmp(keyring->keys[i].id, id)) return &keyring->keys[i];
  return NULL;
}
