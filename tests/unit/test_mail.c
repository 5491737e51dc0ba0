// Mail as SMTP takes it: readable for every reader, and nothing in a value can add a header or a recipient.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "notifications/mail.h"

static struct mail example(void) {
  return (struct mail){.delivery_id = "01890a5d-ac96-774b-bcce-b302099a8057",
                       .from_address = "pulih@yayasan.example",
                       .from_name = "Pulih",
                       .to_address = "sari@lapas.example",
                       .to_name = "Sari",
                       .subject = "Pengingat jadwal",
                       .language = "id",
                       .body = "Halo\n",
                       .notices_url = "",
                       .date_us = 1772445600000000};  // 2026-03-02T10:00:00Z
}

// To be freed.
static char *write_mail(const struct mail *mail) {
  enum { SIZE = 64 * 1024 };
  char *text = calloc(1, SIZE);
  FILE *out = fmemopen(text, SIZE, "w");
  int result = mail_write(mail, out);
  fclose(out);
  assert_int_equal(result, 0);
  return text;
}

static void assert_contains(const char *text, const char *part) {
  if (!text || !strstr(text, part)) fail_msg("not in the mail: %s\n%s", part, text ? text : "");
}

static void a_mail_has_the_headers_it_needs(void **state) {
  struct mail mail = example();
  mail.notices_url = "https://pulih.example/notices";
  char *text = write_mail(&mail);
  const char headers[] =
      "Date: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
      "From: =?UTF-8?B?UHVsaWg=?=\r\n <pulih@yayasan.example>\r\n"
      "To: =?UTF-8?B?U2FyaQ==?=\r\n <sari@lapas.example>\r\n"
      "Subject: Pengingat jadwal\r\n"
      "Message-ID: <01890a5d-ac96-774b-bcce-b302099a8057@yayasan.example>\r\n"
      "Auto-Submitted: auto-generated\r\n"
      "List-Id: <pulih.yayasan.example>\r\n"
      "List-Unsubscribe: <https://pulih.example/notices/preferences>\r\n"
      "Content-Language: id\r\n"
      "MIME-Version: 1.0\r\n"
      "Content-Type: multipart/alternative;\r\n"
      " boundary=\"=_a_01890a5d-ac96-774b-bcce-b302099a8057\"\r\n"
      "\r\n"
      "--=_a_01890a5d-ac96-774b-bcce-b302099a8057\r\n"
      "Content-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n"
      "\r\n"
      "Halo\r\n\r\nBuka di Pulih: https://pulih.example/notices\r\n\r\n--=20\r\nPulih. Dikirim otomatis; tidak perlu "
      "dibalas.\r\n";
  assert_memory_equal(text, headers, strlen(headers));
  free(text);
}

static void a_calendar_entry_and_a_file_stand_where_programs_look_for_them(void **state) {
  struct mail mail = example();
  mail.calendar = "BEGIN:VCALENDAR\r\n";
  mail.calendar_method = "CANCEL";
  mail.file =
      &(struct mail_file){.name = "daftar – 2.pdf", .type = "application/pdf", .data = "%PDF-1.7\0\xFF", .size = 10};
  char *text = write_mail(&mail);
  assert_contains(text, "Content-Type: multipart/mixed;\r\n boundary=\"=_m_01890a5d");
  assert_contains(
      text,
      "Content-Type: text/calendar; charset=utf-8; method=CANCEL\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "QkVHSU46VkNBTEVOREFSDQo=\r\n--=_a_");
  assert_contains(text,
                  "Content-Disposition: attachment;\r\n filename=\"daftar2.pdf\";\r\n"
                  " filename*=UTF-8''daftar%20%E2%80%93%202.pdf\r\n\r\nJVBERi0xLjcA/w==\r\n--=_m_");
  free(text);
}

static void what_a_notice_says_is_no_markup(void **state) {
  struct mail mail = example();
  mail.subject = "<b>1 & 2</b>";
  mail.body = "09.00  Aula\n<img src=x onerror=\"alert(1)\">\n\nDua\n";
  mail.notices_url = "https://pulih.example/\"><script>";
  char *text = write_mail(&mail), *html = strstr(text, "Content-Type: text/html");
  assert_non_null(html);
  assert_contains(html, "<title>&lt;b&gt;1 &amp; 2&lt;/b&gt;</title>");
  assert_contains(html, ">09.00&nbsp; Aula<br>\r\n&lt;img src=3Dx onerror=3D&quot;alert(1)&quot;&gt;</p>\r\n");
  assert_null(strstr(html, "<script"));
  assert_null(strstr(html, "<img"));
  free(text);
}

static void a_terminal_breaks_no_word(void **state) {
  struct mail mail = example();
  mail.body =
      "Kerja sama dengan lapas itu berlaku sampai Senin, 16 Maret 2026, yaitu tujuh hari lagi, dan tidak "
      "diperpanjang.\n09.00  Aula\nhttps://pulih.example/0123456789/0123456789/0123456789/0123456789/0123456789\n";
  char *text = write_mail(&mail);
  assert_contains(text, "h\r\nhari lagi, dan tidak diperpanjang.\r\n09.00  Aula\r\nhttps:");
  free(text);
}

static void a_name_of_ten_megabytes_fits_into_a_header(void **state) {
  enum { SIZE = 10 * 1024 * 1024 };
  char *name = malloc(SIZE + 1);
  for (int i = 0; i + 1 < SIZE; i += 2) memcpy(name + i, "é", 2);
  name[SIZE] = '\0';
  struct mail mail = example();
  mail.to_name = name;
  mail.subject = name + SIZE - 4000;
  char *text = write_mail(&mail);
  assert_in_range(strstr(text, "\r\n\r\n") - text, 500, 3000);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) assert_in_range(strlen(line), 0, 78);
  free(text);
  free(name);
}

static void no_value_can_add_a_header(void **state) {
  struct mail mail = example();
  mail.subject = "Jadwal\r\nBcc: everybody@example";
  mail.to_name = "Sari\r\nBcc: everybody@example\r\n\r\n";
  char *text = write_mail(&mail);
  *strstr(text, "\r\n\r\n") = '\0';
  assert_null(strstr(text, "Bcc"));
  // Decoded the subject reads "Jadwal  Bcc: everybody@example": spaces, no line break.
  assert_contains(text, "Subject: =?UTF-8?B?SmFkd2FsICBCY2M6IGV2ZXJ5Ym9keUBleGFtcGxl?=\r\nMessage-ID");
  free(text);
}

static void an_address_that_could_do_harm_is_refused(void **state) {
  const char *refused[] = {"",
                           "a",
                           "a@",
                           "@b.example",
                           "a b@c.example",
                           "a@b\r\nRCPT TO:<x@y>",
                           "\"a\"b\"@c.test",
                           "\"a\\\"@c.test",
                           "\"a>b\"@c.test",
                           "\"a\nb\"@c.test",
                           "\"\"@c.test",
                           "a>@b.test",
                           "a@b..test",
                           ".a@b.test",
                           "a,b@c.example",
                           "a@b@c.example",
                           "a\n@b.test",
                           "é@b.test",
                           "a@[10.0.0.1]",
                           "a@b.test> SIZE=1",
                           "a@-\x01.example"};
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (mail_address_ok(refused[i])) fail_msg("let through: %s", refused[i]);
    struct mail mail = example();
    mail.to_address = refused[i];
    FILE *out = fopen("/dev/null", "w");
    assert_true(mail_write(&mail, out) < 0);
    fclose(out);
  }
  const char *fine[] = {"a@b.test",    "sari.dewi+lapas@mail.go.id", "o'neil@x-y.example",
                        "a@localhost", "\"a b@x\"@c.example",        "\"a\\\"b\"@c.example"};
  for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
    if (!mail_address_ok(fine[i])) fail_msg("refused: %s", fine[i]);
  }
  char longest[400] = "a@";
  memset(longest + 2, 'b', 300);
  assert_false(mail_address_ok(longest));
}

static void a_long_subject_is_cut_between_characters(void **state) {
  struct mail mail = example();
  // 38 bytes and then a character of two: it must go to the second word whole.
  mail.subject = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaé b";
  char *text = write_mail(&mail);
  assert_contains(text, "YWE=?=\r\n =?UTF-8?B?w6kgYg==?=\r\n");
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) assert_in_range(strlen(line), 0, 77);
  free(text);
}

static void a_body_is_quoted_printable(void **state) {
  struct mail mail = example();
  mail.body = "Pukul 09.00–10.00 = pagi \nFrom mana\n\n.\nemoji 😀\ttab";
  char *text = write_mail(&mail);
  assert_contains(text,
                  "Pukul 09.00=E2=80=9310.00 =3D pagi=20\r\n=46rom mana\r\n\r\n.\r\n"
                  "emoji =F0=9F=98=80=09tab\r\n\r\n--=20\r\n");
  free(text);
}

static void a_line_of_a_body_is_never_too_long(void **state) {
  struct mail mail = example();
  char body[4001];
  for (size_t i = 0; i < 4000; i++) body[i] = i % 5 ? 'x' : '=';
  body[4000] = '\0';
  mail.body = body;
  char *text = write_mail(&mail);
  for (char *line = strtok(strstr(text, "\r\n\r\n"), "\n"); line; line = strtok(NULL, "\n")) {
    assert_in_range(strlen(line), 0, 77);
  }
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_mail_has_the_headers_it_needs),
      cmocka_unit_test(a_calendar_entry_and_a_file_stand_where_programs_look_for_them),
      cmocka_unit_test(what_a_notice_says_is_no_markup),
      cmocka_unit_test(a_terminal_breaks_no_word),
      cmocka_unit_test(a_name_of_ten_megabytes_fits_into_a_header),
      cmocka_unit_test(no_value_can_add_a_header),
      cmocka_unit_test(an_address_that_could_do_harm_is_refused),
      cmocka_unit_test(a_long_subject_is_cut_between_characters),
      cmocka_unit_test(a_body_is_quoted_printable),
      cmocka_unit_test(a_line_of_a_body_is_never_too_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
