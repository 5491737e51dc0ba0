// pulih call, pulih id.
#include <stdlib.h>
#include <string.h>

#include "call_lines.h"
#include "catalogue.h"
#include "families.h"
#include "file.h"
#include "hub.h"
#include "json/json.h"
#include "method_name.h"
#include "outcome.h"
#include "output.h"
#include "uuid.h"

enum { LINES, IN_FLIGHT, IN_FLIGHT_DEFAULT = 16 };
const struct option call_options[] = {
    [LINES] = {"--lines", NULL, "read calls from stdin, {\"method\": …, \"request\": {…}} a line; answer a line each"},
    [IN_FLIGHT] = {"--in-flight", "N", "with --lines: calls at once (default 16)"},
    {0},
};

// The JSON as it was written, from @FILE, or from stdin for "-"; nothing at all is an empty request.
static enum outcome read_request(struct invocation *invocation, const char **ret_text, size_t *ret_size) {
  const char *word = invocation->words[1];
  *ret_text = word ? word : "{}";
  *ret_size = strlen(*ret_text);
  if (!word || (*word != '@' && strcmp(word, "-") != 0)) return OUTCOME_OK;
  const char *path = *word == '@' ? word + 1 : word;
  char *text;
  int error = file_read(path, JSON_SIZE_MAX, &invocation->arena, &text, ret_size);
  if (error) return outcome_say(invocation, OUTCOME_USAGE, "can't read %s: %s", path, strerror(-error));
  *ret_text = text;
  return OUTCOME_OK;
}

static enum outcome run_lines(struct invocation *invocation) {
  const char *text = invocation->options[IN_FLIGHT];
  char *end = "";
  long in_flight = text ? strtol(text, &end, 10) : IN_FLIGHT_DEFAULT;
  if (*end || in_flight < 1 || in_flight > HUB_CALLS_MAX)
    return outcome_say(invocation, OUTCOME_USAGE, "--in-flight %s: expected 1 to %d", text, HUB_CALLS_MAX);
  if (invocation->word_count)
    return outcome_say(invocation, OUTCOME_USAGE, "with --lines the methods are read from stdin");
  enum outcome outcome = hub_open(invocation);
  return outcome ? outcome : call_lines(invocation, (size_t)in_flight);
}

enum outcome call_run(struct invocation *invocation) {
  if (invocation->options[LINES]) return run_lines(invocation);
  if (!invocation->word_count) return outcome_say(invocation, OUTCOME_USAGE, "which method? See pulih methods");
  const struct method *method;
  const char *text;
  size_t size;
  enum outcome outcome = method_by_name(&catalogue, invocation->words[0], &method, stderr);
  if (!outcome) outcome = read_request(invocation, &text, &size);
  if (outcome) return outcome;
  struct status status = {0};
  const ProtobufCMessage *response,
      *request = json_decode(method->input, text, size, &(struct json_options){0}, &invocation->arena, &status);
  if (!request) return outcome_report_local(&status, &invocation->arena, invocation->json);
  outcome = hub_call(invocation, method->name, request, &response);
  return outcome ? outcome : output_message(response);
}

enum outcome id_run(struct invocation *invocation) {
  const char *text = invocation->words[0];
  char *end = "", id[UUID_TEXT];
  long count = text ? strtol(text, &end, 10) : 1;
  if (*end || count < 1 || count > 100000)
    return outcome_say(invocation, OUTCOME_USAGE, "expected how many, up to 100000");
  for (long i = 0; i < count; i++) {
    uuid_make(id);
    puts(id);
  }
  return OUTCOME_OK;
}
