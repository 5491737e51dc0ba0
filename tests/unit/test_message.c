#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.pb-c.h"
#include "message/field.h"
#include "message/message.h"
#include "message/time.h"
#include "message/wire.h"
#include "sample.pb-c.h"

static const ProtobufCMessageDescriptor *const sample = &pulih__test__v1__sample__descriptor;

struct bench {
  struct arena arena;
  struct wire_buffer wire;
  struct status status;
};

static int bench_start(void **state) {
  struct bench *bench = test_calloc(1, sizeof *bench);
  arena_init(&bench->arena, 1 << 20);
  wire_init(&bench->wire, &bench->arena);
  *state = bench;
  return 0;
}

static int bench_end(void **state) {
  struct bench *bench = *state;
  arena_finish(&bench->arena);
  test_free(bench);
  return 0;
}

static Pulih__Test__V1__Sample *unpack(struct bench *bench) {
  return (Pulih__Test__V1__Sample *)message_unpack(sample, bench->wire.data, bench->wire.size, &bench->arena,
                                                   &bench->status);
}

// Refused, with this field blamed for this.
static void assert_violation(struct bench *bench, const char *field, const char *text) {
  assert_null(unpack(bench));
  assert_int_equal(bench->status.reason, REASON_FIELD_INVALID);
  assert_string_equal(bench->status.violations->name, field);
  assert_string_equal(bench->status.violations->text, text);
}

static void assert_malformed(struct bench *bench, const char *what) {
  assert_null(unpack(bench));
  assert_int_equal(bench->status.reason, REASON_MESSAGE_MALFORMED);
  assert_string_equal(bench->status.details->text, what);
}

static void what_is_written_field_by_field_is_the_message(void **state) {
  struct bench *bench = *state;
  struct wire_buffer *wire = &bench->wire;
  wire_varint_field(wire, 2, (uint64_t)(int64_t)-7);
  wire_sint_field(wire, 8, INT64_MIN);
  wire_fixed64_field(wire, 11, UINT64_MAX);
  wire_float_field(wire, 12, 1.5F);
  wire_double_field(wire, 13, -2.25);
  wire_bytes_field(wire, 14, "Banyuwangi", 10);
  size_t outer = wire_nested_begin(wire, 17);
  size_t inner = wire_nested_begin(wire, 17);
  char long_text[20000];
  memset(long_text, 'x', sizeof long_text);
  wire_bytes_field(wire, 14, long_text, sizeof long_text);
  wire_nested_end(wire, inner);
  wire_nested_end(wire, outer);
  size_t packed = wire_nested_begin(wire, 42);
  wire_varint(wire, 5);
  wire_varint(wire, 300);
  wire_nested_end(wire, packed);
  assert_false(wire->failed);

  Pulih__Test__V1__Sample *message = unpack(bench);
  assert_non_null(message);
  assert_int_equal(message->an_int32, -7);
  assert_true(message->a_sint64 == INT64_MIN && message->a_fixed64 == UINT64_MAX);
  assert_true(message->a_float == 1.5F && message->a_double == -2.25);
  assert_string_equal(message->a_string, "Banyuwangi");
  assert_int_equal(strlen(message->child->child->a_string), sizeof long_text);
  assert_int_equal(message->n_int32s, 2);
  assert_int_equal(message->int32s[1], 300);

  const void *data;
  size_t size;
  assert_int_equal(message_pack(&message->base, &bench->arena, &data, &size), 0);
  assert_int_equal(size, wire->size);
  assert_memory_equal(data, wire->data, size);
}

static void a_full_arena_is_noticed_at_the_end(void **state) {
  struct bench *bench = *state;
  char kilobyte[1024] = {0};
  for (int i = 0; i < 2000; i++) wire_bytes_field(&bench->wire, 15, kilobyte, sizeof kilobyte);
  assert_true(bench->wire.failed);
  assert_null(wire_extend(&bench->wire, 1));
}

static void texts_with_controls_or_bad_utf8_are_refused(void **state) {
  static const struct {
    const char *text;
    size_t size;
    bool fine;
  } cases[] = {
      {"line\n\ttab", 9, true},
      {"a\0b", 3, false},
      {"a\rb", 3, false},
      {"\x7f", 1, false},
      {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, true},
      {"\xc2\x9b", 2, false},
      {"\xc2\xa0", 2, true},
      {"\x80", 1, false},
      {"\xc0\xaf", 2, false},
      {"\xe0\x80\xaf", 3, false},
      {"\xed\xa0\x80", 3, false},
      {"\xf4\x90\x80\x80", 4, false},
      {"\xf8\x90\x80\x80\x80", 5, false},
      {"\xe2\x82", 2, false},
      {"\xf4\x8f\xbf\xbf", 4, true},
      {"\xff", 1, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct bench *bench = *state;
    wire_init(&bench->wire, &bench->arena);
    wire_bytes_field(&bench->wire, 14, cases[i].text, cases[i].size);
    struct status status = {0};
    int refused = message_check(sample, bench->wire.data, bench->wire.size, &bench->arena, &status);
    if (!refused != cases[i].fine) fail_msg("text %zu: expected %s", i, cases[i].fine ? "accepted" : "refused");
  }
}

static void the_path_of_a_violation_counts_elements(void **state) {
  struct bench *bench = *state;
  for (int i = 0; i < 3; i++) {
    size_t child = wire_nested_begin(&bench->wire, 49);
    wire_bytes_field(&bench->wire, 46, "fine", 4);
    wire_varint_field(&bench->wire, 2, 1);  // between two elements
    wire_bytes_field(&bench->wire, 46, i == 2 ? "\x01" : "fine", i == 2 ? 1 : 4);
    wire_nested_end(&bench->wire, child);
  }
  assert_violation(bench, "children[2].strings[1]",
                   "has a control character; only line breaks (\\n) and tabs are allowed");
}

static void an_unknown_enum_number_is_refused_also_in_an_array(void **state) {
  struct bench *bench = *state;
  size_t packed = wire_nested_begin(&bench->wire, 48);
  wire_varint(&bench->wire, 1);
  wire_varint(&bench->wire, (uint64_t)(int64_t)-5);
  wire_varint(&bench->wire, 77);
  wire_nested_end(&bench->wire, packed);
  assert_violation(bench, "colours[2]", "77 isn't a number of pulih.test.v1.SampleColour");
}

static void put_timestamp(struct bench *bench, int64_t seconds, int64_t nanos) {
  size_t mark = wire_nested_begin(&bench->wire, 50);
  wire_varint_field(&bench->wire, 1, (uint64_t)seconds);
  wire_varint_field(&bench->wire, 2, (uint64_t)nanos);
  wire_nested_end(&bench->wire, mark);
}

static void instants_are_in_range(void **state) {
  struct bench *bench = *state;
  put_timestamp(bench, TIMESTAMP_SECONDS_MIN, 0);
  put_timestamp(bench, TIMESTAMP_SECONDS_MAX, 999999999);
  assert_non_null(unpack(bench));
  put_timestamp(bench, 0, -1);
  put_timestamp(bench, 0, 1000000000);
  put_timestamp(bench, TIMESTAMP_SECONDS_MAX + 1, 0);
  put_timestamp(bench, INT64_MIN, 0);
  assert_violation(bench, "timestamps[2]", "isn't an instant in the years 1 to 9999");
  int count = 0;
  for (struct named_text *item = bench->status.violations; item; item = item->next) count++;
  assert_int_equal(count, 4);
}

static void put_date(struct bench *bench, int year, int month, int day) {
  size_t mark = wire_nested_begin(&bench->wire, 51);
  if (year) wire_varint_field(&bench->wire, 1, (uint64_t)year);
  if (month) wire_varint_field(&bench->wire, 2, (uint64_t)month);
  if (day) wire_varint_field(&bench->wire, 3, (uint64_t)day);
  wire_nested_end(&bench->wire, mark);
}

static void days_exist_and_are_complete(void **state) {
  struct bench *bench = *state;
  put_date(bench, 2024, 2, 29);
  assert_non_null(unpack(bench));
  put_date(bench, 2023, 2, 29);
  put_date(bench, 2024, 6, 31);
  put_date(bench, 2024, 6, 0);
  put_date(bench, 0, 0, 0);
  assert_violation(bench, "dates[1]", "isn't a day that exists");
  int count = 0;
  for (struct named_text *item = bench->status.violations; item; item = item->next) count++;
  assert_int_equal(count, 4);
}

static void a_message_that_is_cut_off_anywhere_is_refused(void **state) {
  struct bench *bench = *state;
  size_t mark = wire_nested_begin(&bench->wire, 17);
  wire_bytes_field(&bench->wire, 14, "text", 4);
  wire_fixed32_field(&bench->wire, 6, 9);
  wire_varint_field(&bench->wire, 7, UINT64_MAX);
  wire_nested_end(&bench->wire, mark);
  assert_non_null(unpack(bench));
  for (size_t size = 1; size < bench->wire.size; size++) {
    struct status status = {0};
    assert_null(message_unpack(sample, bench->wire.data, size, &bench->arena, &status));
    assert_int_equal(status.reason, REASON_MESSAGE_MALFORMED);
  }
}

static void a_wrong_wire_type_is_malformed(void **state) {
  struct bench *bench = *state;
  size_t mark = wire_nested_begin(&bench->wire, 17);
  wire_varint_field(&bench->wire, 14, 1);
  wire_nested_end(&bench->wire, mark);
  assert_malformed(bench, "child.a_string: has the wrong wire type");
}

static void a_single_message_that_comes_twice_is_malformed(void **state) {
  struct bench *bench = *state;
  wire_bytes_field(&bench->wire, 17, NULL, 0);
  wire_bytes_field(&bench->wire, 17, NULL, 0);
  assert_malformed(bench, "child: is there twice");
}

static void groups_and_field_zero_are_malformed(void **state) {
  for (int i = 0; i < 3; i++) {
    static const unsigned char bad[3][2] = {{0x0b, 0x0c}, {0x00, 0x01}, {0x0e, 0x00}};
    struct bench *bench = *state;
    bench->status = (struct status){0};
    wire_init(&bench->wire, &bench->arena);
    wire_append(&bench->wire, bad[i], 2);
    assert_malformed(bench, "the message: is cut off or not protobuf");
  }
}

static void unknown_fields_are_passed_over(void **state) {
  struct bench *bench = *state;
  wire_bytes_field(&bench->wire, 999, "\xff\x00", 2);
  wire_varint_field(&bench->wire, 2, 4);
  Pulih__Test__V1__Sample *message = unpack(bench);
  assert_non_null(message);
  assert_int_equal(message->an_int32, 4);
}

static void sixteen_deep_is_fine_and_seventeen_is_not(void **state) {
  struct bench *bench = *state;
  size_t marks[MESSAGE_DEPTH_MAX];
  for (int depth = 2; depth <= MESSAGE_DEPTH_MAX; depth++) marks[depth - 1] = wire_nested_begin(&bench->wire, 17);
  for (int depth = MESSAGE_DEPTH_MAX; depth >= 2; depth--) wire_nested_end(&bench->wire, marks[depth - 1]);
  assert_non_null(unpack(bench));

  struct wire_buffer deeper;
  wire_init(&deeper, &bench->arena);
  wire_bytes_field(&deeper, 17, bench->wire.data, bench->wire.size);
  assert_null(message_unpack(sample, deeper.data, deeper.size, &bench->arena, &bench->status));
  assert_int_equal(bench->status.reason, REASON_MESSAGE_MALFORMED);
}

static void empty_messages_by_the_million_are_refused(void **state) {
  size_t size = 2 << 20;
  unsigned char *data = malloc(size);
  struct bench *bench = *state;
  for (size_t i = 0; i + 3 <= size; i += 3) memcpy(data + i, "\x8a\x03\x00", 3);
  assert_null(message_unpack(sample, data, size - size % 3, &bench->arena, &bench->status));
  assert_int_equal(bench->status.reason, REASON_MESSAGE_MALFORMED);

  bench->status = (struct status){0};
  assert_null(message_unpack(sample, data, (size_t)30000, &bench->arena, &bench->status));
  assert_int_equal(bench->status.reason, REASON_MESSAGE_TOO_LARGE);
  assert_string_equal(bench->status.details->text, "1048576");
  free(data);
}

static void any_budget_gives_a_message_or_a_status(void **state) {
  struct bench *bench = *state;
  struct wire_buffer *wire = &bench->wire;
  for (int i = 0; i < 40; i++) {
    size_t mark = wire_nested_begin(wire, 49);
    wire_bytes_field(wire, 46, "text", 4);
    wire_bytes_field(wire, 30, "chosen", 6);
    wire_bytes_field(wire, 999, "unknown", 7);
    size_t chosen = wire_nested_begin(wire, 32);
    wire_bytes_field(wire, 47, "bytes", 5);
    wire_nested_end(wire, chosen);
    wire_nested_end(wire, mark);
  }
  bool fits = false;
  for (size_t limit = 0; !fits; limit += 16) {
    struct arena small;
    struct status status = {0};
    arena_init(&small, limit);
    fits = message_unpack(sample, wire->data, wire->size, &small, &status) != NULL;
    if (!fits) assert_int_equal(status.reason, REASON_MESSAGE_TOO_LARGE);
    arena_finish(&small);
  }
}

static void fields_are_found_by_path(void **state) {
  unsigned short indexes[4];
  const ProtobufCMessageDescriptor *events = &pulih__event__v1__event__descriptor;
  assert_int_equal(field_find_path(events, "position.transaction", indexes, 4), 2);
  assert_int_equal(indexes[0], 0);
  assert_int_equal(indexes[1], 0);
  assert_int_equal(field_find_path(events, "position.other", indexes, 4), -ENOENT);
  assert_int_equal(field_find_path(events, "type.name", indexes, 4), -ENOENT);
  assert_int_equal(field_find_path(sample, "children.a_bool", indexes, 4), -ENOENT);
  assert_int_equal(field_find_path(sample, "child.child.child.child.a_bool", indexes, 4), -ENOENT);

  Pulih__Event__V1__Position position = PULIH__EVENT__V1__POSITION__INIT;
  Pulih__Event__V1__Event event = PULIH__EVENT__V1__EVENT__INIT;
  const ProtobufCFieldDescriptor *field;
  indexes[0] = 0, indexes[1] = 1;
  assert_null(field_follow(&event.base, indexes, 2, &field));
  event.position = &position;
  assert_ptr_equal(field_follow(&event.base, indexes, 2, &field), &position);
  assert_string_equal(field->name, "id");
  assert_false(field_is_set(&position.base, field));
  position.id = 1;
  assert_true(field_is_set(&position.base, field));
}

static void enums_have_short_names(void **state) {
  const ProtobufCEnumDescriptor *colours = &pulih__test__v1__sample_colour__descriptor;
  int number;
  assert_string_equal(enum_short_name(colours, 2), "DARK_BLUE");
  assert_null(enum_short_name(colours, 3));
  assert_int_equal(enum_by_short_name(colours, "NEGATIVE", 8, &number), 0);
  assert_int_equal(number, -5);
  assert_int_equal(enum_by_short_name(colours, "SAMPLE_COLOUR_RED", 17, &number), -ENOENT);
  assert_int_equal(enum_by_short_name(colours, "RE", 2, &number), -ENOENT);
}

static void instants_and_days_have_texts(void **state) {
  static const char *const texts[] = {"1969-12-31T23:59:59.999999999Z", "2026-03-02T18:00:00Z",
                                      "0001-01-01T00:00:00.500Z", "9999-12-31T23:59:59.000001Z"};
  Google__Protobuf__Timestamp timestamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  char text[CLOCK_TEXT_MAX];
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    assert_int_equal(timestamp_parse(texts[i], &timestamp), 0);
    timestamp_format(&timestamp, text);
    assert_string_equal(text, texts[i]);
  }
  assert_int_equal(timestamp_parse("2026-03-02T18:00:00.1234567891Z", &timestamp), -EINVAL);
  assert_int_equal(timestamp_parse("0001-01-01T00:00:00+00:01", &timestamp), -EINVAL);
  timestamp_from_us(-1, &timestamp);
  assert_true(timestamp.seconds == -1 && timestamp.nanos == 999999000);
  assert_true(timestamp_to_us(&timestamp) == -1);

  Pulih__Type__V1__Date date = PULIH__TYPE__V1__DATE__INIT;
  char day[DATE_TEXT_MAX];
  assert_int_equal(date_parse("2024-02-29", &date), 0);
  date_format(&date, day);
  assert_string_equal(day, "2024-02-29");
  assert_int_equal(date_parse("2023-02-29", &date), -EINVAL);
  assert_int_equal(date_parse("2023-2-9", &date), -EINVAL);
  assert_int_equal(date_parse("+023-12-09", &date), -EINVAL);
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_start, bench_end)

RUN_TESTS(BENCH_TEST(what_is_written_field_by_field_is_the_message), BENCH_TEST(a_full_arena_is_noticed_at_the_end),
          BENCH_TEST(texts_with_controls_or_bad_utf8_are_refused), BENCH_TEST(the_path_of_a_violation_counts_elements),
          BENCH_TEST(an_unknown_enum_number_is_refused_also_in_an_array), BENCH_TEST(instants_are_in_range),
          BENCH_TEST(days_exist_and_are_complete), BENCH_TEST(a_message_that_is_cut_off_anywhere_is_refused),
          BENCH_TEST(a_wrong_wire_type_is_malformed), BENCH_TEST(a_single_message_that_comes_twice_is_malformed),
          BENCH_TEST(groups_and_field_zero_are_malformed), BENCH_TEST(unknown_fields_are_passed_over),
          BENCH_TEST(sixteen_deep_is_fine_and_seventeen_is_not), BENCH_TEST(empty_messages_by_the_million_are_refused),
          BENCH_TEST(any_budget_gives_a_message_or_a_status), TEST(fields_are_found_by_path),
          TEST(enums_have_short_names), TEST(instants_and_days_have_texts))
