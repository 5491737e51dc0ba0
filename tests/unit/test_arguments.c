#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "catalogue.h"
#include "method_name.h"
#include "near.h"
#include "outcome.h"
#include "uuid.h"

struct parsed {
  struct invocation invocation;
  enum outcome outcome;
  bool help;
  char messages[1024];
};

// Splits at single spaces.
static void parse(const char *line, struct parsed *parsed) {
  static char text[256];
  char *argv[16] = {"pulih"}, *rest = text;
  int argc = 1;
  *parsed = (struct parsed){0};
  snprintf(text, sizeof text, "%s", line);
  while (*line && rest && argc < 16) argv[argc++] = strsep(&rest, " ");
  arena_init(&parsed->invocation.arena, 1 << 20);
  FILE *out = fmemopen(parsed->messages, sizeof parsed->messages, "w");
  parsed->outcome = arguments_parse(argc, argv, &parsed->invocation, &parsed->help, out);
  fclose(out);
}

static void assert_parsed(const char *line, const char *command, size_t words) {
  struct parsed parsed;
  parse(line, &parsed);
  assert_string_equal(parsed.messages, "");
  assert_int_equal(parsed.outcome, OUTCOME_OK);
  assert_string_equal(parsed.invocation.command->name, command);
  assert_int_equal(parsed.invocation.word_count, words);
  arena_finish(&parsed.invocation.arena);
}

static void assert_refused(const char *line, const char *part) {
  struct parsed parsed;
  parse(line, &parsed);
  assert_int_equal(parsed.outcome, OUTCOME_USAGE);
  if (!strstr(parsed.messages, part)) fail_msg("%s: \"%s\" doesn't say \"%s\"", line, parsed.messages, part);
  arena_finish(&parsed.invocation.arena);
}

static void a_command_has_one_word_or_two(void **state) {
  assert_parsed("doctor", "doctor", 0);
  assert_parsed("user add Sari sari@example.org", "user add", 2);
  assert_parsed("import participants file.csv", "import participants", 1);
}

static void options_stand_anywhere(void **state) {
  struct parsed parsed;
  parse("import participants --prison LP-BWI file.csv --preview --json --timeout=5s", &parsed);
  assert_int_equal(parsed.outcome, OUTCOME_OK);
  assert_string_equal(parsed.invocation.words[0], "file.csv");
  assert_string_equal(parsed.invocation.options[0], "LP-BWI");
  assert_string_equal(parsed.invocation.options[1], "");
  assert_null(parsed.invocation.options[2]);
  assert_true(parsed.invocation.json);
  assert_int_equal(parsed.invocation.timeout_ms, 5000);
  arena_finish(&parsed.invocation.arena);
  // Behind "--" everything is a word; a key may begin with "-" where a value is due; "-" is stdin.
  assert_parsed("call -- GetStatus --json", "call", 2);
  assert_parsed("call GetStatus -", "call", 2);
  assert_parsed("site add x --public-key -abc", "site add", 1);
}

static void what_is_wrong_is_named_with_what_was_meant(void **state) {
  assert_refused("cal", "did you mean call?");
  assert_refused("user ad", "did you mean user add?");
  assert_refused("dcotor", "did you mean doctor?");
  assert_refused("zzzzzz", "see pulih --help");
  assert_refused("import participants f --preveiw", "did you mean --preview?");
  assert_refused("import participants f --prison", "the value is missing");
  assert_refused("migrate --dry-run=yes", "takes no value");
  assert_refused("doctor --timeout soon", "expected a time");
  assert_refused("doctor --timeout 3m", "up to 2m");
  assert_refused("login", "Usage: pulih login EMAIL");
  assert_refused("doctor now", "\"now\" is one word too many");
}

static void help_is_asked_for_in_any_way(void **state) {
  static const char *const lines[] = {"",
                                      "--help",
                                      "-h",
                                      "help",
                                      "call --help",
                                      "call -h",
                                      "help call",
                                      "--help call",
                                      "user add --help",
                                      "call GetStatus --help"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    struct parsed parsed;
    parse(lines[i], &parsed);
    assert_int_equal(parsed.outcome, OUTCOME_OK);
    assert_true(parsed.help);
    assert_int_equal(parsed.invocation.command != NULL, i > 3);
    arena_finish(&parsed.invocation.arena);
  }
}

static void a_family_of_commands_has_its_own_help(void **state) {
  static const char *const lines[] = {"keys --help", "help keys", "--help user", "user -h"};
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    struct parsed parsed;
    parse(lines[i], &parsed);
    assert_int_equal(parsed.outcome, OUTCOME_OK);
    assert_true(parsed.help);
    assert_string_equal(parsed.invocation.family, i < 2 ? "keys" : "user");
    arena_finish(&parsed.invocation.arena);
  }
}

static void every_command_can_be_helped_with(void **state) {
  for (const struct command *command = commands; command->name; command++) {
    size_t options = 0;
    while (command->options && command->options[options].name) options++;
    assert_true(options <= OPTIONS_MAX);
    assert_true(command->least_words <= command->most_words);
    assert_non_null(strstr(command->examples, command->name));
    assert_non_null(command->run);
  }
}

static void nearness_counts_edits(void **state) {
  assert_int_equal(near_distance("call", "call", 9), 0);
  assert_int_equal(near_distance("call", "CALL", 9), 0);
  assert_int_equal(near_distance("clal", "call", 9), 1);
  assert_int_equal(near_distance("cal", "call", 9), 1);
  assert_int_equal(near_distance("migrate", "migrant", 9), 2);
  assert_int_equal(near_distance("kitten", "sitting", 9), 3);
  assert_int_equal(near_distance("kitten", "sitting", 2), 2);
  assert_int_equal(near_distance("", "abc", 9), 3);
}

static void the_nearest_come_first(void **state) {
  static const char *const names[] = {"HoldEnrollment", "GetEnrollment", "CloseEnrollment", "SignIn"};
  const char *found[2];
  assert_int_equal(near_find("holdenrolment", names, 4, found, 2), 2);
  assert_string_equal(found[0], "HoldEnrollment");
  assert_int_equal(near_find("xyz", names, 4, found, 2), 0);
}

static void a_method_is_known_by_its_end(void **state) {
  const struct method *method = NULL;
  assert_int_equal(method_fitting(&catalogue, "GetStatus", &method), 1);
  assert_string_equal(method->name, "pulih.hub.v1.HubService/GetStatus");
  assert_int_equal(method_fitting(&catalogue, "hubservice/getstatus", &method), 1);
  assert_int_equal(method_fitting(&catalogue, "pulih.hub.v1.HubService/GetStatus", &method), 1);
  assert_int_equal(method_fitting(&catalogue, "Status", &method), 0);
  assert_int_equal(method_fitting(&catalogue, "", &method), 0);
}

static void every_code_has_its_outcome(void **state) {
  assert_int_equal(outcome_of_code(STATUS_OK), 0);
  assert_int_equal(outcome_of_code(STATUS_INVALID_ARGUMENT), 2);
  assert_int_equal(outcome_of_code(STATUS_NOT_FOUND), 3);
  assert_int_equal(outcome_of_code(STATUS_ABORTED), 4);
  assert_int_equal(outcome_of_code(STATUS_PERMISSION_DENIED), 5);
  assert_int_equal(outcome_of_code(STATUS_UNAVAILABLE), 75);
  assert_int_equal(outcome_of_code(99), 1);
  assert_int_equal(outcome_of_code(-1), 1);
}

static void a_uuid_begins_with_its_time(void **state) {
  static const unsigned char ones[UUID_RANDOM_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255};
  char text[UUID_TEXT], later[UUID_TEXT];
  // The example of RFC 9562, A.6, has 0x017F22E279B0 ms.
  uuid_format(INT64_C(0x017f22e279b0) * 1000 + 500, ones, text);
  assert_string_equal(text, "017f22e2-79b0-7800-bfff-ffffffffffff");
  assert_true(uuid_is_one(text));
  assert_false(uuid_is_one("017f22e2-79b0-7800-bfff-fffffffffff"));
  assert_false(uuid_is_one("017f22e2-79b0-7800-bfff-ffffffffffffa"));
  assert_false(uuid_is_one("LP-BWI"));
  uuid_format(INT64_C(0x017f22e279b0) * 1000 + 501, (const unsigned char[UUID_RANDOM_BYTES]){0}, later);
  assert_true(strcmp(text, later) < 0);
}

RUN_TESTS(TEST(a_command_has_one_word_or_two), TEST(options_stand_anywhere),
          TEST(what_is_wrong_is_named_with_what_was_meant), TEST(help_is_asked_for_in_any_way),
          TEST(a_family_of_commands_has_its_own_help), TEST(every_command_can_be_helped_with),
          TEST(nearness_counts_edits), TEST(the_nearest_come_first), TEST(a_method_is_known_by_its_end),
          TEST(every_code_has_its_outcome), TEST(a_uuid_begins_with_its_time))
