// What a server says of mail that it couldn't deliver: a delivery report (RFC 3462 multipart/report, RFC 3464
// message/delivery-status). MIME is read by GMime; what is inside are blocks of header fields. No I/O.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
  REPORT_MAIL_MAX = 4 << 20,  // bytes of a mail that is looked at
  REPORT_RECIPIENTS_MAX = 16,
  REPORT_ADDRESS_SIZE = 255,
  REPORT_STATUS_SIZE = 12,
  REPORT_DIAGNOSTIC_SIZE = 300,
};

struct report_recipient {
  char address[REPORT_ADDRESS_SIZE];        // as we wrote to it, where the report has that (Original-Recipient)
  bool failed;                              // for good; else delayed, relayed, delivered
  char status[REPORT_STATUS_SIZE];          // "5.1.1"
  char diagnostic[REPORT_DIAGNOSTIC_SIZE];  // what the other server said; printable ASCII
};

struct delivery_report {
  char delivery_id[37];  // UUID that the mail's Message-ID begins with
  struct report_recipient recipients[REPORT_RECIPIENTS_MAX];
  size_t recipient_count;
};

// False when the mail isn't a delivery report of one of ours.
bool delivery_report_read(const void *mail, size_t size, struct delivery_report *ret_report);
