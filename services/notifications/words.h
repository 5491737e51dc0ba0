// What a notice says: its templates with its fields filled in. Pure.
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"
#include "template.h"

enum { WORDS_PROBLEM_SIZE = 160, WORDS_SUBJECT_MAX = 200, WORDS_BODY_MAX = 20000 };  // the last two in characters

struct words {
  char *subject, *body;
};

// `fields` is an object. Where it has "parts", as a summary's does, each of them comes with templates and fields of its
// own ({"subject", "body", "fields"}) and is filled in first, in place; an example's, without fields, is words already.
// `words` is zeroed or finished before. -EINVAL, with the reason in `problem`, when it can't be filled in, now or ever.
int words_fill(struct words *words, const char *subject, const char *body, json_t *fields,
               char problem[WORDS_PROBLEM_SIZE]);
void words_finish(struct words *words);

// Where a template can't be used.
struct words_flaw {
  size_t line;                                           // from 1
  char name[sizeof((struct template_problem){0}.name)];  // of the field
};

// Whether `text` can stand as the template of a subject or a body whose fields are of the kinds that `example` has:
// REASON_OK, or a TEMPLATE_… reason and where.
enum reason words_check(const char *text, bool is_subject, const json_t *example, struct words_flaw *ret_flaw);
