#include "letter.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "template.h"

// The text, to be freed; NULL with the reason in `problem`.
static char *render(const char *what, const char *template, const json_t *fields, char problem[LETTER_PROBLEM_SIZE]) {
  char *text = NULL;
  size_t size;
  struct template_problem found;
  FILE *out = open_memstream(&text, &size);
  if (!out) return NULL;
  enum template_error error = template_render(template, fields, out, &found);
  fclose(out);
  if (!error) return text;
  snprintf(problem, LETTER_PROBLEM_SIZE, "template of the %s, at %zu: %s: %s", what, found.offset, found.name,
           template_error_text(error));
  free(text);
  return NULL;
}

static int write_data(struct letter *letter, const struct letter_source *source, const char *subject,
                      const char *body) {
  char *data = NULL;
  size_t size;
  FILE *out = open_memstream(&data, &size);
  if (!out) return -ENOMEM;
  int error = mail_write(&(struct mail){.delivery_id = source->delivery_id,
                                        .from_address = source->from_address,
                                        .from_name = source->from_name,
                                        .to_address = source->to_address,
                                        .to_name = source->to_name,
                                        .subject = subject,
                                        .language = source->language,
                                        .body = body,
                                        .date_us = source->date_us},
                         out);
  fclose(out);
  if (error) {
    free(data);
    return error;
  }
  letter->data = data;
  letter->size = size;
  snprintf(letter->to, sizeof letter->to, "%s", source->to_address);
  return 0;
}

int letter_write(struct letter *letter, const struct letter_source *source, char problem[LETTER_PROBLEM_SIZE]) {
  snprintf(problem, LETTER_PROBLEM_SIZE, "the recipient's address can't be used");
  json_t *fields = json_loads(source->fields, 0, NULL);
  char *subject = render("subject", source->subject, fields, problem);
  char *body = subject ? render("text", source->body, fields, problem) : NULL;
  int error = body ? write_data(letter, source, subject, body) : -EINVAL;
  free(subject);
  free(body);
  json_decref(fields);
  return error;
}

void letter_finish(struct letter *letter) {
  free(letter->data);
  *letter = (struct letter){0};
}
