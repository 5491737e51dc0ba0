// The header gate, given headers as libmicrohttpd 0.9.75 leaves them.
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "left_header.h"

static enum gate_verdict verdict_of(const char *raw, size_t size, size_t *ret_count) {
  struct http_field fields[GATE_FIELDS_MAX];
  struct left left = {0};
  assert_true(leave(&left, raw, size));
  return gate_check(&left.header, fields, ret_count);
}

#define HOST "Host: pulih.example\r\n"
#define GATE(raw, expected) gate(raw, sizeof(raw) - 1, #raw, expected)
static void gate(const char *raw, size_t size, const char *written, enum gate_verdict expected) {
  size_t count = 0;
  enum gate_verdict got = verdict_of(raw, size, &count);
  if (got != expected) fail_msg("%s: %s, not %s", written, gate_name(got), gate_name(expected));
}

static void test_a_plain_request_passes_with_its_fields(void **state) {
  static const char raw[] =
      "POST /a?b=c HTTP/1.1\r\n" HOST "X-Empty:\r\nX-Spaced: \t a b \t\r\nContent-Length: 12\r\n\r\n";
  struct http_field fields[GATE_FIELDS_MAX];
  struct left left = {0};
  size_t count;
  assert_true(leave(&left, raw, sizeof raw - 1));
  assert_int_equal(gate_check(&left.header, fields, &count), GATE_FINE);
  assert_int_equal(count, 4);
  assert_int_equal(fields[1].value_size, 0);
  assert_memory_equal(fields[2].name, "X-Spaced", fields[2].name_size);
  assert_int_equal(fields[2].value_size, 3);
  assert_memory_equal(fields[2].value, "a b", 3);
}

static void test_a_body_has_one_length(void **state) {
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", GATE_FIELD_TWICE);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\ncontent-length: 2\r\n\r\n", GATE_FIELD_TWICE);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 1 \r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999999\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", GATE_LENGTH);
  GATE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", GATE_FIELD_TWICE);
  GATE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", GATE_ENCODING);
  GATE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n", GATE_ENCODING);
  GATE("POST / HTTP/1.1\r\n" HOST
       "Transfer-Encoding: \x0b"
       "chunked\r\n\r\n",
       GATE_FIELD);
  GATE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", GATE_ENCODING);
  GATE("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", GATE_ENCODING);
  GATE("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", GATE_FINE);
}

static void test_there_is_one_host(void **state) {
  GATE("GET / HTTP/1.1\r\n" HOST "host: other.example\r\n\r\n", GATE_FIELD_TWICE);
  GATE("GET / HTTP/1.1\r\n\r\n", GATE_HOST);
  GATE("GET / HTTP/1.1\r\nHost:\r\n\r\n", GATE_HOST);
  GATE("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", GATE_HOST);
  GATE("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", GATE_HOST);
  GATE("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", GATE_HOST);
  GATE("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", GATE_FINE);
  GATE("GET / HTTP/1.0\r\n\r\n", GATE_FINE);
}

static void test_every_byte_of_a_field_is_accounted_for(void **state) {
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\0\0Y: b\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\0\0Y\0b\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X\0: a\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\n" HOST "\n", GATE_REQUEST_LINE);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\r\n folded\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST " X: a\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", GATE_FIELD);
  GATE("GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", GATE_FIELD);
}

static void test_a_request_line_has_three_parts(void **state) {
  GATE("GET  / HTTP/1.1\r\n" HOST "\r\n", GATE_REQUEST_LINE);
  GATE("GET /\0b HTTP/1.1\r\n" HOST "\r\n", GATE_REQUEST_LINE);
  GATE("GET /\tb HTTP/1.1\r\n" HOST "\r\n", GATE_FINE);  // the target's own check refuses it
  GATE("G\x01T / HTTP/1.1\r\n" HOST "\r\n", GATE_REQUEST_LINE);
  GATE("GET / HTTP/1.2\r\n" HOST "\r\n", GATE_VERSION);
  GATE("GET / HTTP/2.0\r\n" HOST "\r\n", GATE_VERSION);
  GATE("GET / HTTP/1.11\r\n" HOST "\r\n", GATE_REQUEST_LINE);
}

static void test_there_are_not_too_many_fields(void **state) {
  char raw[4096];
  size_t count, size = (size_t)snprintf(raw, sizeof raw, "GET / HTTP/1.1\r\n" HOST);
  for (int i = 1; i < GATE_FIELDS_MAX; i++) size += (size_t)snprintf(raw + size, sizeof raw - size, "A%d: b\r\n", i);
  memcpy(raw + size, "\r\n", 2);
  assert_int_equal(verdict_of(raw, size + 2, &count), GATE_FINE);
  assert_int_equal(count, GATE_FIELDS_MAX);
  memcpy(raw + size, "C: d\r\n\r\n", 8);
  assert_int_equal(verdict_of(raw, size + 8, &count), GATE_FIELD_COUNT);
}

static void test_a_path_is_in_its_plainest_form(void **state) {
  static const char *const bad[] = {
      "",        "*",       "a",         "http://a/", "//",    "/a//b", "/./a",   "/a/.",   "/a/..",  "/../etc",
      "/%2e%2e", "/%2E./a", "/a%2fb",    "/a%5cb",    "/a\\b", "/a%00", "/a%0a",  "/a%7f",  "/a%",    "/a%4",
      "/a%zz",   "/a%2525", "/\xc3\xa9", "/%c3%a9",   "/a b",  "/a#b",  "/a?b#c", "/a?b c", "/a?\xff"};
  struct arena arena;
  const char *path = NULL, *query = NULL;
  arena_init(&arena, 1 << 20);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (gate_target(bad[i], &arena, &path, &query) != GATE_TARGET) fail_msg("%s passed", bad[i]);
  assert_int_equal(gate_target("/a%20b/..c/.d?x=%00", &arena, &path, &query), GATE_FINE);
  assert_string_equal(path, "/a b/..c/.d");
  assert_string_equal(query, "x=%00");
  assert_int_equal(gate_target("/", &arena, &path, &query), GATE_FINE);
  assert_string_equal(query, "");
  assert_int_equal(gate_target("/a/", &arena, &path, &query), GATE_FINE);
  arena_finish(&arena);
}

RUN_TESTS(TEST(test_a_plain_request_passes_with_its_fields), TEST(test_a_body_has_one_length),
          TEST(test_there_is_one_host), TEST(test_every_byte_of_a_field_is_accounted_for),
          TEST(test_a_request_line_has_three_parts), TEST(test_there_are_not_too_many_fields),
          TEST(test_a_path_is_in_its_plainest_form))
