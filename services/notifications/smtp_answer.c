#include "smtp_answer.h"

#include <stdio.h>
#include <string.h>

// The first row that fits. -1: any.
struct answer_row {
  int class, subject, detail;  // RFC 3463: 5.1.1
  struct smtp_meaning meaning;
};

static const struct answer_row rows[] = {
    {5, 1, 1, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},       // no such mailbox
    {5, 1, 2, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},       // no such domain
    {5, 1, 3, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},       // not an address there
    {5, 1, 6, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},       // moved, nobody knows where to
    {5, 1, 10, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},      // the domain takes no mail (RFC 7505)
    {5, 2, 1, {SMTP_REFUSED, SMTP_BLAME_ADDRESS}},       // mailbox is closed
    {5, 1, 7, {SMTP_REFUSED, SMTP_BLAME_US}},            // our own address
    {5, 1, 8, {SMTP_REFUSED, SMTP_BLAME_US}},            // our own domain
    {5, 7, -1, {SMTP_REFUSED, SMTP_BLAME_US}},           // policy, sign-in, reputation
    {4, 7, -1, {SMTP_PUT_OFF, SMTP_BLAME_DESTINATION}},  // the same for now: it will have less of us
    {4, 4, -1, {SMTP_PUT_OFF, SMTP_BLAME_DESTINATION}},  // it can't be reached
    {5, 4, -1, {SMTP_REFUSED, SMTP_BLAME_DESTINATION}},  // it couldn't be reached for days
    {4, 3, -1, {SMTP_NO_SERVER, SMTP_BLAME_MAIL}},       // the server has trouble of its own: full, shutting down
    {4, -1, -1, {SMTP_PUT_OFF, SMTP_BLAME_MAIL}},       {5, -1, -1, {SMTP_REFUSED, SMTP_BLAME_MAIL}},
};

static struct smtp_meaning find(int class, int subject, int detail) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const struct answer_row *row = &rows[i];
    if (row->class == class && (row->subject < 0 || row->subject == subject) &&
        (row->detail < 0 || row->detail == detail)) {
      return row->meaning;
    }
  }
  return (struct smtp_meaning){SMTP_PUT_OFF, SMTP_BLAME_MAIL};
}

struct smtp_meaning smtp_status_meaning(const char *status) {
  int class = 0, subject = -1, detail = -1;
  sscanf(status, "%1d.%3d.%3d", &class, &subject, &detail);
  return find(class, subject, detail);
}

struct smtp_meaning smtp_answer_meaning(int code, const char *text) {
  // Nothing was heard, or it says goodbye: RFC 5321 3.8.
  if (code == 0) return (struct smtp_meaning){SMTP_PUT_OFF, SMTP_BLAME_DESTINATION};
  if (code == 421) return (struct smtp_meaning){SMTP_NO_SERVER, SMTP_BLAME_MAIL};
  int class = 0, subject = 0, detail = 0;
  bool enhanced =
      strlen(text) > 4 && sscanf(text + 4, "%1d.%3d.%3d", &class, &subject, &detail) == 3 && class == code / 100;
  return enhanced ? find(class, subject, detail) : find(code / 100, -1, -1);
}
