// Webhooks' signatures against the specification's own example, and what mustn't get through; addresses, numbers and
// bodies.
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/phone.h"
#include "notifications/public_address.h"
#include "notifications/receipt_body.h"
#include "notifications/signature.h"
#include "notifications/smtp_answer.h"
#include "notifications/webhook.h"

// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md and its libraries' tests.
static void it_signs_as_the_specification_does(void **state) {
  struct signature_secret secret = {0};
  uint8_t bytes[24];
  size_t size;
  // Its secret has 24 bytes; HMAC pads a key with zeros, so ours of 32 signs the same.
  assert_int_equal(sodium_base642bin(bytes, sizeof bytes, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 32, NULL, &size, NULL,
                                     sodium_base64_VARIANT_ORIGINAL),
                   0);
  memcpy(secret.bytes, bytes, size);
  char text[SIGNATURE_TEXT];
  static const char body[] = "{\"test\": 2432232314}";
  signature_sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, strlen(body), text);
  assert_string_equal(text, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void only_what_was_signed_lately_with_a_valid_secret_gets_through(void **state) {
  struct keyring *keyring;
  assert_int_equal(keyring_parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 65, &keyring),
                   0);
  const struct master_key *key = keyring_newest(keyring);
  const char *id = "01890a5d-ac96-774b-bcce-b302099a8057";
  struct signature_secret secrets[2] = {signature_secret_of(key, id, 2), signature_secret_of(key, id, 1)};
  struct signature_secret other = signature_secret_of(key, "01890a5d-ac96-774b-bcce-b302099a8058", 2);
  assert_memory_not_equal(&secrets[0], &secrets[1], sizeof secrets[0]);
  assert_memory_not_equal(&secrets[0], &other, sizeof other);
  char new_one[SIGNATURE_TEXT], old_one[SIGNATURE_TEXT], both[3 * SIGNATURE_TEXT];
  signature_sign(&secrets[0], "m1", 1000000, "{}", 2, new_one);
  signature_sign(&secrets[1], "m1", 1000000, "{}", 2, old_one);
  snprintf(both, sizeof both, "%s v2,ignored %s", old_one, new_one);
  const struct {
    const char *header, *id, *timestamp, *body;
    size_t secrets;
    bool ok;
  } cases[] = {
      {new_one, "m1", "1000000", "{}", 2, true},      {old_one, "m1", "1000000", "{}", 2, true},
      {both, "m1", "1000000", "{}", 1, true},         {old_one, "m1", "1000000", "{}", 1, false},
      {new_one, "m2", "1000000", "{}", 2, false},     {new_one, "m1", "1000001", "{}", 2, false},
      {new_one, "m1", "1000000", "[]", 2, false},     {new_one, "m1", "1000000", "{}", 0, false},
      {"", "m1", "1000000", "{}", 2, false},          {"v1,", "m1", "1000000", "{}", 2, false},
      {new_one + 3, "m1", "1000000", "{}", 2, false}, {new_one, "m1", "", "{}", 2, false},
      {new_one, "m1", " 1000000", "{}", 2, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    bool ok = signature_ok(secrets, cases[i].secrets, cases[i].header, cases[i].id, cases[i].timestamp, 1000200,
                           cases[i].body, strlen(cases[i].body));
    if (ok != cases[i].ok) fail_msg("case %zu: %d", i, ok);
  }
  assert_true(signature_ok(secrets, 2, new_one, "m1", "1000000", 1000300, "{}", 2));
  assert_false(signature_ok(secrets, 2, new_one, "m1", "1000000", 1000301, "{}", 2));
  assert_false(signature_ok(secrets, 2, new_one, "m1", "1000000", 999699, "{}", 2));
  keyring_destroy(keyring);
}

static bool is_public(const char *text) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (inet_pton(AF_INET, text, &in.sin_addr) == 1) return is_public_address((struct sockaddr *)&in);
  assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
  return is_public_address((struct sockaddr *)&in6);
}

static void private_addresses_are_known_in_every_dress(void **state) {
  const char *others[] = {"127.0.0.1",
                          "10.1.2.3",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.168.1.1",
                          "169.254.169.254",
                          "0.0.0.0",
                          "100.64.0.1",
                          "198.18.0.1",
                          "224.0.0.1",
                          "255.255.255.255",
                          "::1",
                          "::",
                          "fe80::1",
                          "fc00::1",
                          "fdff::1",
                          "ff02::1",
                          "::ffff:10.0.0.1",
                          "::ffff:127.0.0.1",
                          "64:ff9b::7f00:1",
                          "2002:7f00:1::",
                          "2001:db8::1",
                          "2001::1",
                          "fec0::1",
                          "::7f00:1"};
  const char *public[] = {"8.8.8.8",         "172.32.0.1",     "100.128.0.1",          "192.169.0.1",
                          "2606:4700::1111", "::ffff:8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (is_public(others[i])) fail_msg("let through: %s", others[i]);
  }
  for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
    if (!is_public(public[i])) fail_msg("refused: %s", public[i]);
  }
}

static void a_number_is_written_as_gateways_take_it(void **state) {
  const char *numbers[][2] = {{"0812-3456-7890", "+6281234567890"},   {"+62 (812) 3456.7890", "+6281234567890"},
                              {"62 812 3456 7890", "+6281234567890"}, {"81234567890", "+6281234567890"},
                              {"0065 9123 4567", "+6591234567"},      {"+1 555 0100 123", "+15550100123"}};
  const char *wrong[] = {"", "+", "12345", "+0812345678", "0812345678901234", "08x", "21 123 4567", "+62812\r\nX: y"};
  char phone[PHONE_SIZE];
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    assert_int_equal(phone_international(numbers[i][0], phone), 0);
    assert_string_equal(phone, numbers[i][1]);
  }
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    if (phone_international(wrong[i], phone) != -EINVAL) fail_msg("let through: %s as %s", wrong[i], phone);
  }
}

static void a_body_says_what_it_says_and_nothing_else_gets_in(void **state) {
  struct arena arena;
  arena_init(&arena, 1 << 20);
  struct receipts receipts;
  const char *one = "{\"data\": {\"id\": \"01890a5d-ac96-774b-bcce-b302099a8057\", \"status\": \"read\"}}";
  assert_int_equal(receipt_body_read(one, strlen(one), &arena, &receipts), 0);
  assert_int_equal(receipts.count, 1);
  assert_string_equal(receipts.receipts[0], "READ");
  const char *many =
      "{\"data\": [{\"id\": \"01890a5d-ac96-774b-bcce-b302099a8057\", \"status\": \"delivered\"}, 7, null, {}, "
      "{\"id\": \"'; drop\", \"status\": \"failed\"}, {\"id\": \"01890a5d-ac96-774b-bcce-b302099a8057\", \"status\": "
      "\"typing\"}, "
      "{\"id\": \"01890a5d-ac96-774b-bcce-b302099a8058\", \"status\": \"failed\"}]}";
  assert_int_equal(receipt_body_read(many, strlen(many), &arena, &receipts), 0);
  assert_int_equal(receipts.count, 2);
  const char *wrong[] = {"", "{", "[]", "{\"data\": 1}", "{\"data\": [], \"data\": []}", "{}"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    assert_int_equal(receipt_body_read(wrong[i], strlen(wrong[i]), &arena, &receipts), -EINVAL);
  }
  arena_finish(&arena);
}

static void an_answer_tells_whose_it_is(void **state) {
  const struct {
    int code;
    const char *text;
    enum smtp_end end;
    enum smtp_blame blame;
  } answers[] = {
      {550, "550 5.1.1 no such user", SMTP_REFUSED, SMTP_BLAME_ADDRESS},
      {550, "550-5.1.1 no such user", SMTP_REFUSED, SMTP_BLAME_ADDRESS},
      {556, "556 5.1.10 takes no mail", SMTP_REFUSED, SMTP_BLAME_ADDRESS},
      {550, "550 5.7.26 unauthenticated", SMTP_REFUSED, SMTP_BLAME_US},
      {554, "554 5.7.1 relay access denied", SMTP_REFUSED, SMTP_BLAME_US},
      {550, "550 no", SMTP_REFUSED, SMTP_BLAME_MAIL},
      {552, "552 5.2.2 over quota", SMTP_REFUSED, SMTP_BLAME_MAIL},
      {452, "452 4.2.2 over quota", SMTP_PUT_OFF, SMTP_BLAME_MAIL},
      {451, "451 4.7.1 later", SMTP_PUT_OFF, SMTP_BLAME_DESTINATION},
      {451, "451 4.4.1 no answer from host", SMTP_PUT_OFF, SMTP_BLAME_DESTINATION},
      {450, "450 busy", SMTP_PUT_OFF, SMTP_BLAME_MAIL},
      {452, "452 4.3.1 disk full", SMTP_NO_SERVER, SMTP_BLAME_MAIL},
      {421, "421 4.3.2 going down", SMTP_NO_SERVER, SMTP_BLAME_MAIL},
      {0, "connection lost", SMTP_PUT_OFF, SMTP_BLAME_DESTINATION},
      {550, "550 4.1.1 codes that disagree", SMTP_REFUSED, SMTP_BLAME_MAIL},
  };
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    struct smtp_meaning meaning = smtp_answer_meaning(answers[i].code, answers[i].text);
    if (meaning.end != answers[i].end || meaning.blame != answers[i].blame)
      fail_msg("%s: %d %d", answers[i].text, meaning.end, meaning.blame);
  }
}

static void a_status_tells_what_to_do(void **state) {
  const int statuses[][2] = {{200, WEBHOOK_TAKEN},   {204, WEBHOOK_TAKEN},      {301, WEBHOOK_PUT_OFF},
                             {400, WEBHOOK_REFUSED}, {401, WEBHOOK_PUT_OFF},    {404, WEBHOOK_PUT_OFF},
                             {410, WEBHOOK_GONE},    {422, WEBHOOK_REFUSED},    {429, WEBHOOK_NO_GATEWAY},
                             {500, WEBHOOK_PUT_OFF}, {503, WEBHOOK_NO_GATEWAY}, {0, WEBHOOK_PUT_OFF}};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    assert_int_equal(webhook_end_of(statuses[i][0]), statuses[i][1]);
  }
}

int main(void) {
  if (sodium_init() < 0) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(it_signs_as_the_specification_does),
      cmocka_unit_test(only_what_was_signed_lately_with_a_valid_secret_gets_through),
      cmocka_unit_test(private_addresses_are_known_in_every_dress),
      cmocka_unit_test(a_number_is_written_as_gateways_take_it),
      cmocka_unit_test(a_body_says_what_it_says_and_nothing_else_gets_in),
      cmocka_unit_test(an_answer_tells_whose_it_is),
      cmocka_unit_test(a_status_tells_what_to_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
