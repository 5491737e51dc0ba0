#include "unit.h"

#include <sodium.h>
#include <string.h>

#include "crypto/token.h"

static void tokens_differ(void **state) {
  uint8_t one[TOKEN_SIZE], other[TOKEN_SIZE];
  token_make(one);
  token_make(other);
  assert_memory_not_equal(one, other, TOKEN_SIZE);
}

// Python's hashlib.blake2b(bytes(range(32)), digest_size=32), since the hub's and the CLI's hashes must be the same.
static void the_hash_is_blake2b_256(void **state) {
  uint8_t token[TOKEN_SIZE], hash[TOKEN_HASH_SIZE], known[TOKEN_HASH_SIZE];
  const char *hex = "cb2f5160fc1f7e05a55ef49d340b48da2e5a78099d53393351cd579dd42503d6";
  for (int i = 0; i < TOKEN_SIZE; i++) token[i] = (uint8_t)i;
  token_hash(token, hash);
  assert_int_equal(sodium_hex2bin(known, sizeof known, hex, strlen(hex), NULL, NULL, NULL), 0);
  assert_memory_equal(hash, known, sizeof hash);
}

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {TEST(tokens_differ), TEST(the_hash_is_blake2b_256)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
