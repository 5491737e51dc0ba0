// Texts with fields in them, as notifications.template holds them. Pure.
//
//   {{name}}                   the field's value
//   {{#rows}} … {{/rows}}      once for each row of a list, whose fields come first in it; for a boolean, once or not
//   at all
//   {{^rows}} … {{/rows}}      once if the list is empty or the boolean false
//
// A line that holds a section mark alone leaves no empty line behind. A field that does not exist is an error, never an
// empty place in somebody's mail. (A subset of mustache(5) without partials, escaping and set delimiters.)
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

enum {
  TEMPLATE_DEPTH_MAX = 4,
  TEMPLATE_TEXT_MAX = 64 * 1024,    // of a template
  TEMPLATE_OUTPUT_MAX = 256 * 1024  // of what it makes
};

enum template_error {
  TEMPLATE_OK = 0,
  TEMPLATE_UNKNOWN_FIELD = -1,
  TEMPLATE_WRONG_KIND = -2,  // a list where a text is wanted, or the other way about
  TEMPLATE_NOT_CLOSED = -3,  // "{{" without "}}", or a section without its end
  TEMPLATE_NOT_OPENED = -4,  // an end without its section, or of another one
  TEMPLATE_TOO_DEEP = -5,
  TEMPLATE_TOO_LONG = -6,
};

// Where and what.
struct template_problem {
  enum template_error error;
  size_t offset;  // in the template
  char name[64];  // of the field, cut off if longer
};

const char *template_error_text(enum template_error error);

// Writes `text` with `fields` (an object) filled in. On an error `out` may hold a part; the caller throws it away.
enum template_error template_render(const char *text, const json_t *fields, FILE *out,
                                    struct template_problem *ret_problem);
// Whether `text` can be rendered with any fields of the kinds that `example` has: sections are looked into even where
// the example's list is long or its boolean false. A list in an example has at least one row.
enum template_error template_check(const char *text, const json_t *example, struct template_problem *ret_problem);
