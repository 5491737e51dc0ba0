// pulih bounce: takes a mail that came back, as a mail server pipes it in.
#include <errno.h>
#include <string.h>

#include "delivery_report.h"
#include "families.h"
#include "file.h"
#include "hub.h"
#include "outcome.h"
#include "receipts.pb-c.h"

static enum outcome record(struct invocation *invocation, const struct delivery_report *report,
                           const struct report_recipient *recipient) {
  Pulih__Notifications__V1__RecordBounceRequest request = PULIH__NOTIFICATIONS__V1__RECORD_BOUNCE_REQUEST__INIT;
  request.delivery_id = (char *)report->delivery_id;
  request.recipient = (char *)recipient->address;
  request.status = (char *)recipient->status;
  request.diagnostic = (char *)recipient->diagnostic;
  const ProtobufCMessage *message;
  enum outcome outcome =
      hub_call(invocation, "pulih.notifications.v1.ReceiptsService/RecordBounce", &request.base, &message);
  if (outcome) return outcome;
  bool changed = ((const Pulih__Notifications__V1__RecordBounceResponse *)message)->changed;
  printf("%s %s: %s\n", report->delivery_id, recipient->status, changed ? "recorded" : "nothing new");
  return OUTCOME_OK;
}

// What isn't a report of ours is no failure: a mail server would send that back to somebody. What can't be recorded now
// ends with EX_TEMPFAIL, and comes again.
enum outcome bounce_run(struct invocation *invocation) {
  char *mail;
  size_t size;
  int error = file_read("-", REPORT_MAIL_MAX, &invocation->arena, &mail, &size);
  struct delivery_report report;
  if (error && error != -EFBIG)
    return outcome_say(invocation, OUTCOME_TRY_AGAIN, "can't read the mail: %s", strerror(-error));
  if (error || !delivery_report_read(mail, size, &report)) {
    fputs("Not a delivery report of a mail of ours; left alone.\n", stderr);
    return OUTCOME_OK;
  }
  for (size_t i = 0; i < report.recipient_count; i++) {
    if (!report.recipients[i].failed) continue;
    enum outcome outcome = record(invocation, &report, &report.recipients[i]);
    if (outcome) return outcome;
  }
  return OUTCOME_OK;
}
