#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "crypto/audit_chain.h"

static const uint8_t *key(void) {
  static uint8_t bytes[HASH_KEY_BYTES];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
  return bytes;
}

static void assert_hex(const uint8_t hash[HASH_BYTES], const char *expected) {
  char hex[2 * HASH_BYTES + 1];
  assert_string_equal(sodium_bin2hex(hex, sizeof hex, hash, HASH_BYTES), expected);
}

// The expected values come from Python's hashlib.
static void a_chain_gives_the_known_answers(void **state) {
  const char *const first[] = {"1", "1", "2026-03-02T18:00:00Z", "reader", NULL};
  const char *const second[] = {"1", "2", "x", "reader", ""};
  uint8_t hash[HASH_BYTES];
  audit_chain_hash(key(), audit_chain_start, first, 5, hash);
  assert_hex(hash, "43d3e6955fedcbed297441c0513c390cc9ab9587fd36a71ef2fd1e574af27f99");
  audit_chain_hash(key(), hash, second, 5, hash);
  assert_hex(hash, "f4be3dfc01cafd8664c24d60a3fed092e82096bcef393e91c97b76ea330aa465");
}

static void every_field_and_the_previous_hash_count(void **state) {
  const char *const entry[] = {"1", "7", "reader", "note"};
  uint8_t right[HASH_BYTES], wrong[HASH_BYTES], previous[HASH_BYTES] = {0};
  audit_chain_hash(key(), previous, entry, 4, right);
  for (size_t field = 0; field < 4; field++) {
    const char *changed[4];
    memcpy(changed, entry, sizeof changed);
    changed[field] = "other";
    audit_chain_hash(key(), previous, changed, 4, wrong);
    assert_memory_not_equal(wrong, right, HASH_BYTES);
  }
  const char *const cut_elsewhere[] = {"1", "7r", "eader", "note"};
  audit_chain_hash(key(), previous, cut_elsewhere, 4, wrong);
  assert_memory_not_equal(wrong, right, HASH_BYTES);
  previous[31] = 1;
  audit_chain_hash(key(), previous, entry, 4, wrong);
  assert_memory_not_equal(wrong, right, HASH_BYTES);
}

static void without_the_key_the_hash_is_another(void **state) {
  const char *const entry[] = {"1"};
  uint8_t other_key[HASH_KEY_BYTES] = {0}, right[HASH_BYTES], wrong[HASH_BYTES];
  audit_chain_hash(key(), audit_chain_start, entry, 1, right);
  audit_chain_hash(other_key, audit_chain_start, entry, 1, wrong);
  assert_memory_not_equal(wrong, right, HASH_BYTES);
}

RUN_TESTS(TEST(a_chain_gives_the_known_answers), TEST(every_field_and_the_previous_hash_count),
          TEST(without_the_key_the_hash_is_another))
