// Sends mails through services/notifications/smtp.c for tests/smtp: one line of answer each, as they end.
//
//   smtp_tool URL TLS(none|try|required) TIMEOUT_MS [USER PASSWORD [CA_FILE]] < "to<TAB>subject" lines
//
// A line "-" waits until everything before it has ended. Output: "to<TAB>end<TAB>code<TAB>answer".
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notifications/mail.h"
#include "notifications/smtp.h"

static const char from[] = "pulih@yayasan.example";

struct sent {
  struct smtp_mail mail;
  int *waiting;
  char *to, *data;
};

static void done(struct smtp_mail *mail, const struct smtp_result *result) {
  static const char *const ends[] = {"TAKEN", "PUT_OFF", "REFUSED", "NO_SERVER"};
  struct sent *sent = mail->owner;
  printf("%s\t%s\t%d\t%s\n", sent->to, ends[result->end], result->code, result->answer);
  --*sent->waiting;
  free(sent->to);
  free(sent->data);
  free(sent);
}

static void send_mail(struct smtp *smtp, const char *to, const char *subject, int number, int *waiting) {
  struct sent *sent = calloc(1, sizeof *sent);
  char id[40];
  snprintf(id, sizeof id, "00000000-0000-7000-8000-%012d", number);
  sent->to = strdup(to);
  sent->waiting = waiting;
  ++*waiting;
  FILE *out = open_memstream(&sent->data, &sent->mail.size);
  int error = mail_write(&(struct mail){.delivery_id = id,
                                        .from_address = from,
                                        .from_name = "Pulih",
                                        .to_address = to,
                                        .to_name = "Sari",
                                        .subject = subject,
                                        .language = "id",
                                        .notices_url = "",
                                        .body = ".\nHalo – ini pesan.\n",
                                        .date_us = 1772445600000000},
                         out);
  fclose(out);
  sent->mail = (struct smtp_mail){
      .from = from, .to = sent->to, .data = sent->data, .size = sent->mail.size, .done = done, .owner = sent};
  if (error) {
    done(&sent->mail, &(struct smtp_result){.end = SMTP_REFUSED, .answer = "address"});
  } else {
    smtp_send(smtp, &sent->mail);
  }
}

// Kept connections don't count.
static void wait_for_all(uv_loop_t *loop, const int *waiting) {
  while (*waiting > 0) uv_run(loop, UV_RUN_ONCE);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  uv_loop_t loop;
  uv_loop_init(&loop);
  const struct smtp_settings settings = {.url = argv[1],
                                         .tls = !strcmp(argv[2], "none")  ? SMTP_TLS_NONE
                                                : !strcmp(argv[2], "try") ? SMTP_TLS_WHERE_OFFERED
                                                                          : SMTP_TLS_REQUIRED,
                                         .connect_timeout_ms = (uint32_t)atoi(argv[3]),
                                         .send_timeout_ms = (uint32_t)atoi(argv[3]),
                                         .user = argc > 5 ? argv[4] : "",
                                         .password = argc > 5 ? argv[5] : "",
                                         .ca_file = argc > 6 ? argv[6] : ""};
  struct smtp *smtp = smtp_create(&loop, &settings);
  if (!smtp) return 3;
  char line[1024];
  int waiting = 0;
  for (int number = 0; fgets(line, sizeof line, stdin); number++) {
    line[strcspn(line, "\n")] = '\0';
    char *tab = strchr(line, '\t');
    if (tab) {
      *tab = '\0';
      send_mail(smtp, line, tab + 1, number, &waiting);
    } else {
      wait_for_all(&loop, &waiting);
      fflush(stdout);
    }
  }
  wait_for_all(&loop, &waiting);
  smtp_destroy(smtp, NULL, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop) ? 4 : 0;
}
