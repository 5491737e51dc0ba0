// What mail servers say of mail that came back, and mail that only looks so.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery_report.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define BEGIN                                             \
  "From: MAILER-DAEMON@mail.example\nMIME-Version: 1.0\n" \
  "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\n\nIt failed.\n"
#define STATUS "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example\n\n"
#define ORIGINAL "\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" ID "@yayasan.example>\n\n--b--\n"

static bool read_text(const char *text, struct delivery_report *report) {
  *report = (struct delivery_report){0};
  return delivery_report_read(text, strlen(text), report);
}

static void a_report_names_the_delivery_and_who_didnt_get_it(void **state) {
  struct delivery_report report;
  assert_true(
      read_text(BEGIN STATUS
                "Final-Recipient: rfc822; Sari.Dewi@lapas.example\nOriginal-Recipient: rfc822;sari@lapas.example\n"
                "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such\n   user here\n\n"
                "Action: delayed\nFinal-Recipient: rfc822;<budi@lapas.example>\nStatus: 4.4.1 (no answer)\n" ORIGINAL,
                &report));
  assert_string_equal(report.delivery_id, ID);
  assert_int_equal(report.recipient_count, 2);
  assert_string_equal(report.recipients[0].address, "sari@lapas.example");
  assert_string_equal(report.recipients[0].status, "5.1.1");
  assert_string_equal(report.recipients[0].diagnostic, "550 5.1.1 no such user here");
  assert_true(report.recipients[0].failed);
  assert_string_equal(report.recipients[1].address, "budi@lapas.example");
  assert_string_equal(report.recipients[1].status, "4.4.1");
  assert_false(report.recipients[1].failed);
}

static void the_whole_mail_may_come_back_and_be_encoded(void **state) {
  struct delivery_report report;
  // The status is "Reporting-MTA: dns; m\n\nFinal-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.7.1\n".
  assert_true(read_text(BEGIN "--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
                              "UmVwb3J0aW5nLU1UQTogZG5zOyBtCgpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjthQGIuZXhhbXBs\n"
                              "ZQpBY3Rpb246IGZhaWxlZApTdGF0dXM6IDUuNy4xCg==\n"
                              "--b\nContent-Type: message/rfc822\n\nFrom: pulih@yayasan.example\nMessage-ID: <" ID
                              "@yayasan.example>\nSubject: x\n\ntext\n--b--\n",
                        &report));
  assert_string_equal(report.delivery_id, ID);
  assert_string_equal(report.recipients[0].address, "a@b.example");
  assert_string_equal(report.recipients[0].status, "5.7.1");
}

static void what_is_no_report_of_ours_isnt_taken_for_one(void **state) {
  const char *mails[] = {
      "",
      "hello",
      "Subject: Re: Jadwal\n\nMessage-ID: <" ID "@yayasan.example>\n",
      // Somebody else's mail.
      BEGIN STATUS
      "Final-Recipient: rfc822;a@b.example\nAction: failed\n\n--b\nContent-Type: text/rfc822-headers\n\n"
      "Message-ID: <20260302.1@elsewhere.example>\n\n--b--\n",
      // A report inside a mail that somebody forwarded.
      "Content-Type: multipart/mixed; boundary=\"m\"\n\n--m\nContent-Type: message/rfc822\n\n" BEGIN STATUS ORIGINAL
      "--m--\n",
      // No recipient.
      BEGIN STATUS ORIGINAL,
      BEGIN "--b\nContent-Type: message/delivery-status\n\n" ORIGINAL,
  };
  struct delivery_report report;
  for (size_t i = 0; i < sizeof mails / sizeof mails[0]; i++) {
    if (read_text(mails[i], &report)) fail_msg("taken: %zu", i);
  }
  char *large = malloc(REPORT_MAIL_MAX + 2);
  memset(large, 'x', REPORT_MAIL_MAX + 1);
  assert_false(delivery_report_read(large, REPORT_MAIL_MAX + 1, &report));
  free(large);
}

static void a_thousand_recipients_are_bounded(void **state) {
  struct delivery_report report;
  char *text;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  fputs(BEGIN STATUS, out);
  for (int i = 0; i < 1000; i++) {
    fprintf(out, "Final-Recipient: rfc822;%0*d@b.example\nAction: failed\nStatus: 5.1.1111111111111111\n\n", 1 + i, i);
  }
  fputs(ORIGINAL, out);
  fclose(out);
  assert_true(read_text(text, &report));
  assert_int_equal(report.recipient_count, REPORT_RECIPIENTS_MAX);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_report_names_the_delivery_and_who_didnt_get_it),
      cmocka_unit_test(the_whole_mail_may_come_back_and_be_encoded),
      cmocka_unit_test(what_is_no_report_of_ours_isnt_taken_for_one),
      cmocka_unit_test(a_thousand_recipients_are_bounded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
