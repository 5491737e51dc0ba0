// Codes of authenticator apps against RFC 6238's and RFC 4226's own values, and codes for people to write down.
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "crypto/spoken_code.h"
#include "crypto/totp.h"

// RFC 6238, Appendix B, and RFC 4226, Appendix D: both use this secret.
static const uint8_t secret[TOTP_SECRET_BYTES + 1] = "12345678901234567890";

static void codes_are_rfc_6238s(void **state) {
  // Appendix B has eight digits; six are their last.
  static const struct {
    int64_t time_s;
    const char *eight;
  } vectors[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
                 {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
  for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
    char code[TOTP_DIGITS + 1];
    assert_int_equal(totp_code(secret, (uint64_t)vectors[i].time_s / TOTP_STEP_S, code), 0);
    assert_string_equal(code, vectors[i].eight + 2);
  }
}

static void codes_are_rfc_4226s(void **state) {
  static const char *const codes[] = {"755224", "287082", "359152", "969429", "338314",
                                      "254676", "287922", "162583", "399871", "520489"};
  for (uint64_t count = 0; count < 10; count++) {
    char code[TOTP_DIGITS + 1];
    assert_int_equal(totp_code(secret, count, code), 0);
    assert_string_equal(code, codes[count]);
  }
}

static void a_code_is_good_one_step_early_and_one_late(void **state) {
  enum { STEP = 1000000 };
  const int64_t now_us = (int64_t)STEP * TOTP_STEP_S * 1000000 + 17000000;
  for (int away = -3; away <= 3; away++) {
    char code[TOTP_DIGITS + 1];
    uint64_t step = 7;
    assert_int_equal(totp_code(secret, (uint64_t)(STEP + away), code), 0);
    assert_int_equal(totp_match(secret, now_us, code, &step), away >= -1 && away <= 1 ? 0 : -EACCES);
    assert_int_equal(step, away >= -1 && away <= 1 ? STEP + away : 7);
  }
}

static void what_is_no_code_matches_nothing(void **state) {
  static const char *const wrong[] = {"", "12345", "1234567", "12345a", "-12345", " 12345", "４２"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    uint64_t step;
    assert_false(totp_is_code(wrong[i]));
    assert_int_equal(totp_match(secret, INT64_C(1700000000000000), wrong[i], &step), -EACCES);
  }
  uint64_t step;
  assert_int_equal(totp_match(secret, 0, "755224", &step), -EACCES);
}

static void a_secret_is_written_in_base32(void **state) {
  char text[TOTP_SECRET_TEXT];
  totp_secret_text(secret, text);
  assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");  // Python's base64.b32encode()
  uint8_t ones[TOTP_SECRET_BYTES];
  memset(ones, 0xff, sizeof ones);
  totp_secret_text(ones, text);
  assert_string_equal(text, "77777777777777777777777777777777");
}

static void a_code_to_write_down_is_eighty_bits(void **state) {
  char text[SPOKEN_CODE_TEXT];
  spoken_code_text((const uint8_t[SPOKEN_CODE_BYTES]){0}, text);
  assert_string_equal(text, "0000-0000-0000-0000");
  spoken_code_text((const uint8_t[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, text);
  assert_string_equal(text, "zzzz-zzzz-zzzz-zzzz");
  spoken_code_text((const uint8_t[]){0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}, text);
  assert_string_equal(text, "0123-4567-89ab-cdef");
}

static void a_code_is_known_however_it_is_typed(void **state) {
  uint8_t hash[SPOKEN_CODE_HASH_BYTES], other[SPOKEN_CODE_HASH_BYTES];
  static const char *const same[] = {"0123456789ABCDEF", " o123 4567 89ab cdef ", "OI23-4567-89AB-CDEF",
                                     "0l2345-6789abcdef"};
  assert_true(spoken_code_hash("0123-4567-89ab-cdef", hash));
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    assert_true(spoken_code_hash(same[i], other));
    assert_memory_equal(hash, other, sizeof hash);
  }
  assert_true(spoken_code_hash("0123-4567-89ab-cdeg", other));
  assert_memory_not_equal(hash, other, sizeof hash);
}

static void what_is_no_such_code_has_no_hash(void **state) {
  static const char *const wrong[] = {
      "", "0123-4567-89ab-cde", "0123-4567-89ab-cdefg", "u123-4567-89ab-cdef", "0123_4567_89ab_cdef", "123456"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    uint8_t hash[SPOKEN_CODE_HASH_BYTES] = {9};
    assert_false(spoken_code_hash(wrong[i], hash));
    assert_int_equal(hash[0], 9);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(codes_are_rfc_6238s),
      cmocka_unit_test(codes_are_rfc_4226s),
      cmocka_unit_test(a_code_is_good_one_step_early_and_one_late),
      cmocka_unit_test(what_is_no_code_matches_nothing),
      cmocka_unit_test(a_secret_is_written_in_base32),
      cmocka_unit_test(a_code_to_write_down_is_eighty_bits),
      cmocka_unit_test(a_code_is_known_however_it_is_typed),
      cmocka_unit_test(what_is_no_such_code_has_no_hash),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
