#include "unit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"

static const char plain[] = "kata-kata rahasia";
enum { PLAIN_BYTES = sizeof plain - 1, SEALED_BYTES = PLAIN_BYTES + SEAL_OVERHEAD_BYTES };

static const struct seal_place place = {"notes.note_body", "sealed", "note-1", "person-1", "author-1", 3};
static uint8_t key[SEAL_KEY_BYTES], nonce[SEAL_NONCE_BYTES];

static int set_up(void **state) {
  for (size_t i = 0; i < sizeof key; i++) key[i] = (uint8_t)i;
  for (size_t i = 0; i < sizeof nonce; i++) nonce[i] = (uint8_t)(64 + i);
  return sodium_init() < 0;
}

static void assert_hex(const uint8_t *bytes, size_t size, const char *expected) {
  char hex[256];
  assert_string_equal(sodium_bin2hex(hex, sizeof hex, bytes, size), expected);
}

// The expected values in this file come from Python's hashlib and cryptography, with HChaCha20 written out.
static void sealing_gives_the_known_answer(void **state) {
  uint8_t sealed[SEALED_BYTES];
  seal(key, &place, nonce, plain, PLAIN_BYTES, sealed);
  assert_hex(
      sealed, sizeof sealed,
      "01404142434445464748494a4b4c4d4e4f5051525354555657bf587111fd8b1862eed4f5dfc7fd16fbf399e6bed53317ae99c14a7a56"
      "a88d7013");
}

static void what_was_sealed_opens(void **state) {
  uint8_t sealed[SEALED_BYTES], opened[PLAIN_BYTES];
  seal(key, &place, nonce, plain, PLAIN_BYTES, sealed);
  assert_int_equal(seal_open(key, &place, sealed, sizeof sealed, opened), 0);
  assert_memory_equal(opened, plain, PLAIN_BYTES);
}

static void each_part_of_the_place_is_bound(void **state) {
  const struct seal_place moved[] = {
      {"notes.amendment", "sealed", "note-1", "person-1", "author-1", 3},
      {"notes.note_body", "sealed_key", "note-1", "person-1", "author-1", 3},
      {"notes.note_body", "sealed", "note-2", "person-1", "author-1", 3},
      {"notes.note_body", "sealed", "note-1", "person-2", "author-1", 3},
      {"notes.note_body", "sealed", "note-1", "person-1", "author-2", 3},
      {"notes.note_body", "sealed", "note-1", "person-1", "author-1", 4},
      // The same letters, cut elsewhere.
      {"notes.note_bod", "ysealed", "note-1", "person-1", "author-1", 3},
      {"notes.note_body", "sealed", "note-1person-1", NULL, "author-1", 3},
  };
  uint8_t sealed[SEALED_BYTES], opened[PLAIN_BYTES];
  seal(key, &place, nonce, plain, PLAIN_BYTES, sealed);
  for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
    if (seal_open(key, &moved[i], sealed, sizeof sealed, opened) != -EBADMSG) fail_msg("place %zu opened", i);
}

static void any_changed_byte_is_refused(void **state) {
  uint8_t sealed[SEALED_BYTES], opened[PLAIN_BYTES];
  seal(key, &place, nonce, plain, PLAIN_BYTES, sealed);
  for (size_t i = 0; i < sizeof sealed; i++) {
    sealed[i] ^= 1;
    if (seal_open(key, &place, sealed, sizeof sealed, opened) != -EBADMSG) fail_msg("byte %zu was changed", i);
    sealed[i] ^= 1;
  }
  for (size_t size = 0; size < sizeof sealed; size++)
    if (seal_open(key, &place, sealed, size, opened) != -EBADMSG) fail_msg("cut to %zu bytes", size);
}

static void another_key_opens_nothing(void **state) {
  uint8_t sealed[SEALED_BYTES], opened[PLAIN_BYTES], other[SEAL_KEY_BYTES];
  seal(key, &place, nonce, plain, PLAIN_BYTES, sealed);
  seal_derive_key(key, "sealkeys", other);
  assert_hex(other, sizeof other, "e42b0694b1ced2223d145c26ef90032903411b99d71751933bfa5035816d1004");
  assert_int_equal(seal_open(other, &place, sealed, sizeof sealed, opened), -EBADMSG);
}

static void hashed_parts_give_the_known_answer(void **state) {
  const struct bytes parts[] = {bytes_of_text("label"), bytes_of_text("a"), bytes_of_text(NULL), bytes_of_text("bc")};
  uint8_t hash[HASH_BYTES];
  hash_parts(NULL, parts, 4, hash);
  assert_hex(hash, sizeof hash, "87a6370b66fba37ed4729bedffe8a0a465671f9c5603ca0ce88050cc36d5ca1e");
  hash_parts(key, parts, 4, hash);
  assert_hex(hash, sizeof hash, "372679dad250454f73cb4c79cd85e67e5a7669488fa16001ead675924dd32f69");
}

static int parse(const char *text, struct keyring **ret_keyring) {
  return keyring_parse(text, strlen(text), ret_keyring);
}

#define FIRST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define FIRST_BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define SECOND "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void the_last_key_is_the_newest_and_all_are_found(void **state) {
  struct keyring *keyring;
  assert_int_equal(parse("# rotated in March\n" FIRST_BASE64 "\r\n\n" SECOND, &keyring), 0);
  const struct master_key *first = keyring_find(keyring, "6b026ddcfebf7d21");
  assert_non_null(first);
  assert_hex(first->sealing, SEAL_KEY_BYTES, "e42b0694b1ced2223d145c26ef90032903411b99d71751933bfa5035816d1004");
  assert_hex(first->audit, SEAL_KEY_BYTES, "5cd069943b2a8947657cdf693141a5856736ebe89495ba20b1bca0459c05475d");
  assert_string_not_equal(keyring_newest(keyring)->id, first->id);
  assert_null(keyring_find(keyring, "0000000000000000"));
  keyring_destroy(keyring);
}

static void a_file_that_holds_no_keys_is_refused(void **state) {
  static const struct {
    const char *text;
    int error;
  } files[] = {
      {"", -EINVAL},         {"# nothing\n", -EINVAL}, {"0001", -EINVAL},
      {FIRST "00", -EINVAL}, {"zz" FIRST, -EINVAL},    {FIRST "\n" FIRST_BASE64, -EINVAL},
  };
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    struct keyring *keyring = NULL;
    assert_int_equal(parse(files[i].text, &keyring), files[i].error);
    assert_null(keyring);
  }
}

static void a_file_that_others_can_read_is_refused(void **state) {
  char path[] = "/tmp/pulih-keyring-XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, FIRST "\n", sizeof FIRST), sizeof FIRST);
  struct keyring *keyring = NULL;
  static const mode_t refused[] = {0644, 0660, 0602};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    assert_int_equal(fchmod(file, refused[i]), 0);
    assert_int_equal(keyring_load(path, &keyring), -EPERM);
  }
  assert_int_equal(fchmod(file, 0440), 0);
  assert_int_equal(keyring_load(path, &keyring), 0);
  keyring_destroy(keyring);
  close(file);
  unlink(path);
  assert_int_equal(keyring_load(path, &keyring), -ENOENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(sealing_gives_the_known_answer),
      TEST(what_was_sealed_opens),
      TEST(each_part_of_the_place_is_bound),
      TEST(any_changed_byte_is_refused),
      TEST(another_key_opens_nothing),
      TEST(hashed_parts_give_the_known_answer),
      TEST(the_last_key_is_the_newest_and_all_are_found),
      TEST(a_file_that_holds_no_keys_is_refused),
      TEST(a_file_that_others_can_read_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
