// By mail: with a calendar entry for a counsellor, and the day's call sheet for who gets the roster.
#include <stdio.h>
#include <string.h>

#include "loop/loop.h"
#include "sending.h"
#include "service/service.h"

static void mail_done(struct smtp_mail *mail, const struct smtp_result *result) {
  static const enum dispatch_result results[] = {[SMTP_TAKEN] = DISPATCH_SENT,
                                                 [SMTP_PUT_OFF] = DISPATCH_PUT_OFF,
                                                 [SMTP_REFUSED] = DISPATCH_REFUSED,
                                                 [SMTP_NO_SERVER] = DISPATCH_NO_SERVER};
  static const char *const causes[] = {[SMTP_BLAME_MAIL] = "REFUSED",
                                       [SMTP_BLAME_ADDRESS] = "ADDRESS_UNKNOWN",
                                       [SMTP_BLAME_US] = "POLICY",
                                       [SMTP_BLAME_DESTINATION] = "REFUSED"};
  struct sending *sending = mail->owner;
  sending->code = result->code;
  sending->cause = causes[result->blame];
  if (result->end == SMTP_REFUSED && result->blame == SMTP_BLAME_ADDRESS) sending->bad_address = mail->to;
  snprintf(sending->answer, sizeof sending->answer, "%s", result->answer);
  sending_end(sending, &(struct dispatch_end){.result = results[result->end],
                                              .destination_failed = result->blame == SMTP_BLAME_DESTINATION});
}

static void write_and_send(struct sending *sending) {
  if (letter_write(&sending->letter, &sending->source)) {
    sending_end_unsent(sending, DISPATCH_UNUSABLE, "NO_ADDRESS", "the recipient's address can't be used");
    return;
  }
  sending->mail = (struct smtp_mail){.from = sending->senders->bounce_address,
                                     .to = sending->source.to_address,
                                     .data = sending->letter.data,
                                     .size = sending->letter.size,
                                     .done = mail_done,
                                     .owner = sending};
  smtp_send(sending->senders->smtp, &sending->mail);
}

// Without the sheet there would be less in the mail than was promised, so it is put off while that can't be read.
static void sheet_made(struct call_sheet_job *job, enum call_sheet_end end) {
  enum { AGAIN_MS = 5000 };
  struct sending *sending = job->owner;
  uint64_t took_ms = loop_now_ms(service_loop(sending->senders->service)) - sending->began_ms;
  if (end == CALL_SHEET_FAILED || took_ms > sending->senders->prepare_ms) {
    sending_end(sending, &(struct dispatch_end){.result = DISPATCH_NOT_YET, .wait_ms = AGAIN_MS});
    return;
  }
  if (end == CALL_SHEET_MADE) {
    sending->file = (struct mail_file){job->file_name, "application/pdf", job->drawing.data, job->drawing.size};
    sending->source.file = &sending->file;
  }
  write_and_send(sending);
}

static void invite(struct sending *sending, const Pulih__Notifications__Internal__V1__ComposedSession *session) {
  sending->invitation = (struct invitation){.session_id = sending_keep(sending, session->id),
                                            .version = session->version,
                                            .starts_s = session->starts_at->seconds,
                                            .ends_s = session->ends_at->seconds,
                                            .stamp_s = sending->source.date_us / 1000000,
                                            .summary = sending_keep(sending, session->summary),
                                            .location = sending_keep(sending, session->location),
                                            .cancelled = session->cancelled,
                                            .organizer = sending->source.from_address,
                                            .attendee = sending->source.to_address};
  sending->source.invitation = &sending->invitation;
}

void sending_mail(struct sending *sending, const ComposedMail *composed) {
  const Pulih__Notifications__Internal__V1__ComposedSession *session = composed->session;
  if (session && session->starts_at && session->ends_at) invite(sending, session);
  if (composed->has_call_sheet) {
    call_sheet_job_start(&sending->call_sheet, sending->source.delivery_id, sheet_made, sending);
  } else {
    write_and_send(sending);
  }
}
