#include "letter.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "words.h"

int letter_say(struct letter *letter, const struct letter_source *source, char problem[LETTER_PROBLEM_SIZE]) {
  letter_finish(letter);
  json_t *fields = json_loads(source->fields, 0, NULL);
  int error = words_fill(&letter->words, source->subject, source->body, fields, problem);
  json_decref(fields);
  return error;
}

int letter_write(struct letter *letter, const struct letter_source *source) {
  char *data = NULL;
  size_t size;
  FILE *out = open_memstream(&data, &size);
  if (!out) return -ENOMEM;
  char *calendar = source->invitation ? invitation_write(source->invitation) : NULL;
  int error =
      mail_write(&(struct mail){.delivery_id = source->delivery_id,
                                .from_address = source->from_address,
                                .from_name = source->from_name,
                                .to_address = source->to_address,
                                .to_name = source->to_name,
                                .subject = letter->words.subject,
                                .language = source->language,
                                .body = letter->words.body,
                                .notices_url = source->notices_url,
                                .calendar = calendar,
                                .calendar_method = source->invitation ? invitation_method(source->invitation) : NULL,
                                .file = source->file,
                                .date_us = source->date_us},
                 out);
  free(calendar);
  fclose(out);
  if (error) {
    free(data);
    return error;
  }
  letter_forget_mail(letter);
  letter->data = data;
  letter->size = size;
  return 0;
}

void letter_forget_mail(struct letter *letter) {
  free(letter->data);
  letter->data = NULL;
  letter->size = 0;
}

void letter_finish(struct letter *letter) {
  words_finish(&letter->words);
  free(letter->data);
  *letter = (struct letter){0};
}
