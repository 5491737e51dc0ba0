// From a composed row to the bytes of a mail: templates filled in, headers and body written. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "invitation.h"
#include "mail.h"
#include "words.h"

enum { LETTER_PROBLEM_SIZE = WORDS_PROBLEM_SIZE };

struct letter_source {
  const char *delivery_id, *from_address, *from_name, *to_address, *to_name, *language;
  const char *subject, *body;  // templates
  const char *fields;          // JSON object
  const char *notices_url;
  const struct invitation *invitation;  // or NULL
  const struct mail_file *file;         // or NULL
  int64_t date_us;
};

// Zeroed at first.
struct letter {
  struct words words;  // what it says
  char *data;          // as a mail
  size_t size;
};

// Fills in what it says. -EINVAL, with the reason in `problem`, when the templates can't be.
int letter_say(struct letter *letter, const struct letter_source *source, char problem[LETTER_PROBLEM_SIZE]);
// What was said as a mail. -EINVAL when the recipient's address can't be used.
int letter_write(struct letter *letter, const struct letter_source *source);
// What it says stays, the mail goes.
void letter_forget_mail(struct letter *letter);
void letter_finish(struct letter *letter);
