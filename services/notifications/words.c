#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// The text, to be freed; NULL with the reason in `problem`.
static char *render(const char *what, const char *template, const json_t *fields, char problem[WORDS_PROBLEM_SIZE]) {
  char *text = NULL;
  size_t size;
  struct template_problem found;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  enum template_error error = template_render(template, fields, out, &found);
  fclose(out);
  if (!error) return text;
  snprintf(problem, WORDS_PROBLEM_SIZE, "template of the %s, at %zu: %s: %s", what, found.offset, found.name,
           template_error_text(error));
  free(text);
  return NULL;
}

static int fill(struct words *words, const char *subject, const char *body, const json_t *fields,
                char problem[WORDS_PROBLEM_SIZE]) {
  struct words made = {.subject = render("subject", subject, fields, problem)};
  if (made.subject) made.body = render("text", body, fields, problem);
  if (!made.body) {
    words_finish(&made);
    return -EINVAL;
  }
  *words = made;
  return 0;
}

static int fill_part(json_t *part, char problem[WORDS_PROBLEM_SIZE]) {
  const char *subject, *body;
  json_t *fields = json_object_get(part, "fields");
  if (!fields) return 0;
  if (json_unpack(part, "{s:s, s:s}", "subject", &subject, "body", &body)) return -EINVAL;
  struct words words;
  if (fill(&words, subject, body, fields, problem)) return -EINVAL;
  int error = json_object_set_new(part, "subject", json_string(words.subject)) ||
              json_object_set_new(part, "body", json_string(words.body));
  words_finish(&words);
  return error ? -EINVAL : 0;
}

int words_fill(struct words *words, const char *subject, const char *body, json_t *fields,
               char problem[WORDS_PROBLEM_SIZE]) {
  snprintf(problem, WORDS_PROBLEM_SIZE, "its fields can't be read");
  size_t i;
  json_t *part;
  json_array_foreach(json_object_get(fields, "parts"), i, part) {
    if (fill_part(part, problem)) return -EINVAL;
  }
  return fill(words, subject, body, fields, problem);
}

void words_finish(struct words *words) {
  free(words->subject);
  free(words->body);
  *words = (struct words){0};
}

// --- check
// -------------------------------------------------------------------------------------------------------------

static size_t line_at(const char *text, size_t offset) {
  size_t line = 1;
  for (size_t i = 0; i < offset && text[i]; i++) line += text[i] == '\n';
  return line;
}

static enum reason reason_of(enum template_error error) {
  switch (error) {
    case TEMPLATE_OK:
      return REASON_OK;
    case TEMPLATE_UNKNOWN_FIELD:
      return REASON_TEMPLATE_FIELD_UNKNOWN;
    case TEMPLATE_WRONG_KIND:
      return REASON_TEMPLATE_FIELD_OF_ANOTHER_KIND;
    case TEMPLATE_NOT_CLOSED:
      return REASON_TEMPLATE_NOT_CLOSED;
    case TEMPLATE_NOT_OPENED:
      return REASON_TEMPLATE_NOT_OPENED;
    case TEMPLATE_TOO_DEEP:
      return REASON_TEMPLATE_TOO_DEEP;
    case TEMPLATE_TOO_LONG:
      break;
  }
  return REASON_TEMPLATE_TEXT_TOO_LONG;
}

static size_t count_characters(const char *text) {
  size_t count = 0;
  for (; *text; text++) count += (*text & 0xC0) != 0x80;
  return count;
}

enum reason words_check(const char *text, bool is_subject, const json_t *example, struct words_flaw *ret_flaw) {
  *ret_flaw = (struct words_flaw){.line = 1};
  if (!text[strspn(text, " \t\n")]) return REASON_TEMPLATE_TEXT_MISSING;
  if (count_characters(text) > (is_subject ? WORDS_SUBJECT_MAX : WORDS_BODY_MAX)) return REASON_TEMPLATE_TEXT_TOO_LONG;
  if (is_subject && text[strcspn(text, "\n\t")]) return REASON_TEMPLATE_SUBJECT_NOT_A_LINE;
  struct template_problem problem = {0};
  enum template_error error = template_check(text, example, &problem);
  ret_flaw->line = line_at(text, problem.offset);
  snprintf(ret_flaw->name, sizeof ret_flaw->name, "%s", problem.name);
  return reason_of(error);
}
