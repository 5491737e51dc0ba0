// What a server's answer to a mail means: one table (RFC 5321 4.2, RFC 3463). Pure.
#pragma once

#include <stdbool.h>

enum smtp_end { SMTP_TAKEN, SMTP_PUT_OFF, SMTP_REFUSED, SMTP_NO_SERVER };

// Whose it is.
enum smtp_blame {
  SMTP_BLAME_MAIL,         // this mail's
  SMTP_BLAME_ADDRESS,      // the mailbox isn't there: nothing is to be sent to it any more
  SMTP_BLAME_US,           // the server won't have us (policy, sign-in, reputation), whoever it is for
  SMTP_BLAME_DESTINATION,  // the server behind the server, for all of its mailboxes
};

struct smtp_meaning {
  enum smtp_end end;
  enum smtp_blame blame;
};

// Of an answer to RCPT, DATA or the mail itself. `code` is 0 and `text` our own words when the connection broke.
struct smtp_meaning smtp_answer_meaning(int code, const char *text);
// Of a status alone, as a delivery report has it: "5.1.1".
struct smtp_meaning smtp_status_meaning(const char *status);
