// From a composed row to the bytes of a mail: templates filled in, headers and body written. Pure.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mail.h"

enum { LETTER_PROBLEM_SIZE = 160 };

struct letter_source {
  const char *delivery_id, *from_address, *from_name, *to_address, *to_name, *language;
  const char *subject, *body;  // templates
  const char *fields;          // JSON object
  int64_t date_us;
};

struct letter {
  char to[MAIL_ADDRESS_MAX + 1];
  char *data;
  size_t size;
};

// Zeroed or finished before. -EINVAL, with the reason in `problem`, when it can't be written, now or ever.
int letter_write(struct letter *letter, const struct letter_source *source, char problem[LETTER_PROBLEM_SIZE]);
void letter_finish(struct letter *letter);
