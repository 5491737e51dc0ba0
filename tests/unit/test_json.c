#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"
#include "message/message.h"
#include "sample.pb-c.h"

static const ProtobufCMessageDescriptor *const sample = &pulih__test__v1__sample__descriptor;
static const struct json_options plain = {0};

static Pulih__Test__V1__Sample *decode(const char *text, struct arena *arena, struct status *status) {
  return (Pulih__Test__V1__Sample *)json_decode(sample, text, strlen(text), &plain, arena, status);
}

// What a text means, written as this project writes it.
static void assert_becomes(const char *text, const char *expected) {
  struct arena arena;
  struct status status = {0};
  char *written = NULL;
  size_t size;
  arena_init(&arena, 1 << 20);
  Pulih__Test__V1__Sample *message = decode(text, &arena, &status);
  if (!message)
    fail_msg("%s: refused: %s", text,
             status.violations ? status.violations->text : status_text(&status, LANGUAGE_ENGLISH, &arena));
  assert_int_equal(json_encode(&message->base, &plain, &arena, &written, &size), 0);
  assert_string_equal(written, expected);
  assert_int_equal(size, strlen(expected));
  arena_finish(&arena);
}

// Refused for a field; `field` is its path.
static void assert_refused(const char *text, const char *field, const char *problem) {
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, 1 << 20);
  if (decode(text, &arena, &status)) fail_msg("accepted: %s", text);
  if (status.violations) {
    assert_string_equal(status.violations->name, field);
    assert_string_equal(status.violations->text, problem);
  } else {
    fail_msg("%s: %s", text, status_text(&status, LANGUAGE_ENGLISH, &arena));
  }
  arena_finish(&arena);
}

static void assert_not_json(const char *text, const char *what) {
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, 1 << 20);
  if (decode(text, &arena, &status)) fail_msg("accepted: %s", text);
  assert_int_equal(status.reason, REASON_MESSAGE_MALFORMED);
  assert_string_equal(status.details->text, what);
  arena_finish(&arena);
}

static void both_forms_of_a_name_are_read(void **state) {
  assert_becomes(" { \"a_string\" : \"x\" , \"nameWith2Digits3a\":\"y\"}\n",
                 "{\"aString\":\"x\",\"nameWith2Digits3a\":\"y\"}");
}

static void integers_come_as_numbers_or_strings(void **state) {
  assert_becomes("{\"anInt32\":\"-2147483648\",\"aUint64\":18446744073709551615}",
                 "{\"anInt32\":-2147483648,\"aUint64\":\"18446744073709551615\"}");
  assert_becomes("{\"anInt32\":1e2,\"anInt64\":1.0,\"aFixed64\":\"90071992547409930e-1\",\"aSint64\":-0}",
                 "{\"anInt32\":100,\"anInt64\":\"1\",\"aFixed64\":\"9007199254740993\"}");
  assert_becomes("{\"anInt64\":\"-9223372036854775808\"}", "{\"anInt64\":\"-9223372036854775808\"}");
  static const char signed32[] = "expected a whole number of 32 bits";
  assert_refused("{\"anInt32\":2147483648}", "an_int32", signed32);
  assert_refused("{\"anInt32\":1.5}", "an_int32", signed32);
  assert_refused("{\"anInt32\":\" 1\"}", "an_int32", signed32);
  assert_refused("{\"anInt32\":\"\"}", "an_int32", signed32);
  assert_refused("{\"anInt32\":true}", "an_int32", signed32);
  assert_refused("{\"anInt32\":1e999}", "an_int32", signed32);
  assert_refused("{\"aUint32\":-1}", "a_uint32", "expected a whole number of 32 bits, not negative");
  assert_refused("{\"aUint64\":18446744073709551616}", "a_uint64", "expected a whole number of 64 bits, not negative");
}

static void reals_have_all_their_digits_and_names(void **state) {
  assert_becomes("{\"aFloat\":0.1,\"aDouble\":0.1}", "{\"aFloat\":0.1,\"aDouble\":0.1}");
  assert_becomes("{\"aDouble\":\"1.7976931348623157e+308\"}", "{\"aDouble\":1.7976931348623157e+308}");
  assert_becomes("{\"aFloat\":\"NaN\",\"aDouble\":\"-Infinity\"}", "{\"aFloat\":\"NaN\",\"aDouble\":\"-Infinity\"}");
  static const char expected[] = "expected a number in range, \"NaN\", \"Infinity\" or \"-Infinity\"";
  assert_refused("{\"aFloat\":3.5e38}", "a_float", expected);
  assert_refused("{\"aDouble\":1e309}", "a_double", expected);
  assert_refused("{\"aDouble\":\"nan\"}", "a_double", expected);
}

static void enums_come_as_names_or_numbers(void **state) {
  assert_becomes(
      "{\"aColour\":\"SAMPLE_COLOUR_RED\",\"colours\":[2,-5]}",
      "{\"aColour\":\"SAMPLE_COLOUR_RED\",\"colours\":[\"SAMPLE_COLOUR_DARK_BLUE\",\"SAMPLE_COLOUR_NEGATIVE\"]}");
  assert_refused("{\"colours\":[1,\"RED\"]}", "colours[1]",
                 "expected one of SAMPLE_COLOUR_NEGATIVE, SAMPLE_COLOUR_UNSPECIFIED, SAMPLE_COLOUR_RED, "
                 "SAMPLE_COLOUR_DARK_BLUE");
  assert_refused("{\"aColour\":9}", "a_colour", "9 isn't a number of pulih.test.v1.SampleColour");
}

static void bytes_come_in_either_base64(void **state) {
  assert_becomes("{\"aBytes\":\"-_8\",\"severalBytes\":[\"+/8=\",\"\",\"YQ\"]}",
                 "{\"aBytes\":\"+/8=\",\"severalBytes\":[\"+/8=\",\"\",\"YQ==\"]}");
  assert_refused("{\"aBytes\":\"a\"}", "a_bytes", "expected base64 in a string");
  assert_refused("{\"aBytes\":\"YQ=\"}", "a_bytes", "expected base64 in a string");
  assert_refused("{\"aBytes\":\"====\"}", "a_bytes", "expected base64 in a string");
  assert_refused("{\"aBytes\":\"\\ud83d\\ude00\"}", "a_bytes", "expected base64 in a string");
}

static void strings_are_escaped_and_unescaped(void **state) {
  assert_becomes("{\"aString\":\"\\u00e9\\uD83D\\uDE00\\\"\\\\\\/\\n\\t\"}",
                 "{\"aString\":\"\xc3\xa9\xf0\x9f\x98\x80\\\"\\\\/\\n\\t\"}");
  assert_not_json(
      "{\"aString\":\"\\ud83d\"}",
      "not JSON at line 1, column 13: expected \\u and a character other than U+0000 (surrogates in pairs)");
  assert_not_json(
      "{\"aString\":\"\\ude00\\ud83d\"}",
      "not JSON at line 1, column 13: expected \\u and a character other than U+0000 (surrogates in pairs)");
  assert_not_json(
      "{\"aString\":\"a\\u0000\"}",
      "not JSON at line 1, column 14: expected \\u and a character other than U+0000 (surrogates in pairs)");
  assert_refused("{\"aString\":\"\\u0007\"}", "a_string",
                 "has a control character; only line breaks (\\n) and tabs are allowed");
  assert_refused("{\"aString\":\"\xc0\xaf\"}", "a_string", "isn't UTF-8");
}

static void messages_that_stand_for_one_value(void **state) {
  assert_becomes("{\"aTimestamp\":\"2026-03-03T01:00:00.120+07:00\",\"aDuration\":\"-0.5s\"}",
                 "{\"aTimestamp\":\"2026-03-02T18:00:00.120Z\",\"aDuration\":\"-0.500s\"}");
  assert_becomes("{\"maybeText\":\"\",\"maybeNumber\":\"5\",\"aDate\":{\"year\":2026,\"month\":3,\"day\":2}}",
                 "{\"aDate\":{\"year\":2026,\"month\":3,\"day\":2},\"maybeText\":\"\",\"maybeNumber\":\"5\"}");
  assert_refused("{\"aDate\":{\"year\":2026,\"month\":6,\"day\":31}}", "a_date", "isn't a day that exists");
  assert_refused("{\"timestamps\":[\"2026-03-02\"]}", "timestamps[0]",
                 "expected an instant such as \"2026-03-02T18:00:00Z\", in the years 1 to 9999");
  assert_refused("{\"aDuration\":\"1.5\"}", "a_duration", "expected a duration such as \"1.5s\"");
}

static void null_is_absent_but_not_in_an_array(void **state) {
  assert_becomes("{\"aString\":null,\"child\":null,\"int32s\":null,\"maybeText\":null,\"chosenText\":null}", "{}");
  assert_refused("{\"strings\":[null]}", "strings[0]", "expected a string");
}

static void one_of_a_oneof_even_with_its_default(void **state) {
  assert_becomes("{\"chosenNumber\":0,\"chosenText\":null}", "{\"chosenNumber\":0}");
  assert_refused("{\"chosenNumber\":0,\"chosenText\":\"\"}", "chosenText", "excludes another field that is there too");
}

static void duplicate_and_unknown_fields_are_refused(void **state) {
  assert_refused("{\"aString\":\"x\",\"a_string\":null}", "a_string", "is there twice");
  assert_refused("{\"child\":{\"children\":[{},{\"nothing\":1}]}}", "child.children[1].nothing",
                 "there is no such field");
  assert_refused("{\"bad\xff\":1}", "?", "there is no such field");
}

static void unknown_fields_can_be_passed_over(void **state) {
  struct arena arena;
  struct status status = {0};
  struct json_options lax = {.ignore_unknown = true};
  arena_init(&arena, 1 << 20);
  static const char text[] = "{\"x\":{\"y\":[1,\"\\u00e9\",{},[],null,true,-1.5e3]},\"anInt32\":3}";
  Pulih__Test__V1__Sample *message =
      (Pulih__Test__V1__Sample *)json_decode(sample, text, sizeof text - 1, &lax, &arena, &status);
  assert_non_null(message);
  assert_int_equal(message->an_int32, 3);
  static const char deep[] = "{\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}";
  assert_null(json_decode(sample, deep, sizeof deep - 1, &lax, &arena, &status));
  arena_finish(&arena);
}

static void what_is_not_json_says_where(void **state) {
  assert_not_json("{\"aBool\":true,\n  }", "not JSON at line 2, column 3: expected a string");
  assert_not_json("{\"aBool\":true} x", "not JSON at line 1, column 16: expected the end of the text");
  assert_not_json("{\"aBool\":true", "not JSON at line 1, column 14: expected a comma or }");
  assert_not_json("{\"aString\":\"x", "not JSON at line 1, column 12: expected a string with a closing \"");
  assert_not_json("{\"int32s\":[1,2", "not JSON at line 1, column 15: expected a comma or ]");
  assert_not_json("{\"anInt32\":-}", "not JSON at line 1, column 12: expected a number");
  assert_not_json("{\"anInt32\":01}", "not JSON at line 1, column 12: expected a number");
  assert_not_json(
      "{\"aString\":\"a\nb\"}",
      "not JSON at line 1, column 14: expected no control characters in a string; write \\n for a line break");
  assert_refused("", "", "expected an object");
  assert_refused("[]", "", "expected an object");
}

static void nesting_is_limited(void **state) {
  char text[400] = "", close[40] = "";
  for (int depth = 1; depth < MESSAGE_DEPTH_MAX; depth++) strcat(text, "{\"child\":"), strcat(close, "}");
  strcat(text, "{}");
  strcat(text, close);
  assert_becomes(text, text);
  char deeper[420];
  snprintf(deeper, sizeof deeper, "{\"child\":%s}", text);
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, 1 << 20);
  assert_null(decode(deeper, &arena, &status));
  assert_string_equal(status.violations->text, "expected less nesting");
  arena_finish(&arena);
}

static void any_budget_gives_a_message_or_a_status(void **state) {
  static const char text[] =
      "{\"children\":[{\"aString\":\"\\u00e9\"},{\"aBytes\":\"YWJj\",\"aDouble\":1.5}],"
      "\"aTimestamp\":\"2026-03-02T18:00:00Z\",\"int32s\":[1,2,3],\"chosenText\":\"x\"}";
  bool fits = false;
  for (size_t limit = 0; !fits; limit += 16) {
    struct arena arena;
    struct status status = {0};
    arena_init(&arena, limit);
    fits = decode(text, &arena, &status) != NULL;
    if (!fits) assert_int_not_equal(status.reason, REASON_OK);
    arena_finish(&arena);
  }
}

static void defaults_are_written_where_asked(void **state) {
  struct arena arena;
  char *text;
  size_t size;
  arena_init(&arena, 1 << 20);
  Pulih__Test__V1__Sample message = PULIH__TEST__V1__SAMPLE__INIT;
  struct json_options all = {.proto_names = true, .defaults = true};
  assert_int_equal(json_encode(&message.base, &all, &arena, &text, &size), 0);
  static const char start[] = "{\"a_bool\":false,\"an_int32\":0,";
  assert_memory_equal(text, start, sizeof start - 1);
  assert_non_null(
      strstr(text, "\"a_string\":\"\",\"a_bytes\":\"\",\"a_colour\":\"SAMPLE_COLOUR_UNSPECIFIED\",\"bools\":[]"));
  assert_null(strstr(text, "chosen"));
  arena_finish(&arena);
}

static void one_field_goes_to_the_database_and_back(void **state) {
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, 1 << 20);
  Pulih__Test__V1__Sample *message = decode("{\"children\":[{\"anInt32\":1},{\"aColour\":1}]}", &arena, &status);
  const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(sample, "children");
  char *text;
  size_t size;
  assert_int_equal(json_encode_field(&message->base, field, &arena, &text, &size), 0);
  assert_string_equal(text, "[{\"an_int32\":1},{\"a_colour\":\"SAMPLE_COLOUR_RED\"}]");

  struct wire_buffer wire;
  wire_init(&wire, &arena);
  assert_int_equal(json_field_to_wire(field, text, size, &wire, &status), 0);
  assert_int_equal(json_field_to_wire(field, "null", 4, &wire, &status), 0);
  message = (Pulih__Test__V1__Sample *)message_unpack(sample, wire.data, wire.size, &arena, &status);
  assert_int_equal(message->n_children, 2);
  assert_int_equal(message->children[1]->a_colour, 1);

  field = protobuf_c_message_descriptor_get_field_by_name(sample, "child");
  assert_int_equal(json_encode_field(&message->base, field, &arena, &text, &size), 0);
  assert_string_equal(text, "null");
  assert_int_equal(json_field_to_wire(field, "{\"a_bool\":1}", 12, &wire, &status), -EBADMSG);
  assert_string_equal(status.violations->name, "child.a_bool");
  arena_finish(&arena);
}

static void what_cannot_be_written_is_an_error(void **state) {
  struct arena arena;
  char *text;
  size_t size;
  arena_init(&arena, 1 << 20);
  Pulih__Test__V1__Sample message = PULIH__TEST__V1__SAMPLE__INIT;
  Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  message.a_timestamp = &timestamp;
  timestamp.nanos = -1;
  assert_int_equal(json_encode(&message.base, &plain, &arena, &text, &size), -ERANGE);
  timestamp.nanos = 0;
  struct arena small;
  arena_init(&small, 100);
  assert_int_equal(json_encode(&message.base, &plain, &small, &text, &size), -ENOMEM);
  arena_finish(&small);
  arena_finish(&arena);
}

RUN_TESTS(TEST(both_forms_of_a_name_are_read), TEST(integers_come_as_numbers_or_strings),
          TEST(reals_have_all_their_digits_and_names), TEST(enums_come_as_names_or_numbers),
          TEST(bytes_come_in_either_base64), TEST(strings_are_escaped_and_unescaped),
          TEST(messages_that_stand_for_one_value), TEST(null_is_absent_but_not_in_an_array),
          TEST(one_of_a_oneof_even_with_its_default), TEST(duplicate_and_unknown_fields_are_refused),
          TEST(unknown_fields_can_be_passed_over), TEST(what_is_not_json_says_where), TEST(nesting_is_limited),
          TEST(any_budget_gives_a_message_or_a_status), TEST(defaults_are_written_where_asked),
          TEST(one_field_goes_to_the_database_and_back), TEST(what_cannot_be_written_is_an_error))
