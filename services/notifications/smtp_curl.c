#include "smtp_curl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "curl/curl_loop.h"

struct smtp_curl {
  const struct smtp_settings *settings;
  struct curl_loop *loop;
};

static void finish_opening(CURL *easy, CURLcode error) {
  struct smtp_line *line;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&line);
  long code = 0;
  curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &code);
  line->code = error && code >= 400 ? (int)code : 0;
  if (error && code < 400) snprintf(line->answer, sizeof line->answer, "%s", curl_easy_strerror(error));
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (!error) curl_easy_getinfo(line->easy, CURLINFO_ACTIVESOCKET, &fd);
  line->fd = fd;
  line->opened(line, fd != CURL_SOCKET_BAD);
}

// The server's last words while connecting. (What we say may hold the password and isn't looked at.)
static int hear(CURL *easy, curl_infotype kind, char *text, size_t size, void *data) {
  struct smtp_line *line = data;
  if (kind != CURLINFO_HEADER_IN) return 0;
  smtp_answer_set(line->answer, text, size);
  // What was said before TLS (220 is the answer to STARTTLS) counts for nothing.
  if (!strncmp(line->answer, "220", 3)) line->pipelining = false;
  if (!strcasecmp(line->answer, "250-PIPELINING") || !strcasecmp(line->answer, "250 PIPELINING"))
    line->pipelining = true;
  return 0;
}

void smtp_answer_set(char answer[SMTP_ANSWER_SIZE], const char *text, size_t size) {
  size_t kept = 0;
  for (size_t i = 0; i < size && kept < SMTP_ANSWER_SIZE - 1; i++) {
    if (text[i] >= ' ' && text[i] <= '~') answer[kept++] = text[i];
  }
  answer[kept] = '\0';
}

void smtp_line_open(struct smtp_curl *curl, struct smtp_line *line) {
  static const long tls[] = {[SMTP_TLS_NONE] = CURLUSESSL_NONE,
                             [SMTP_TLS_WHERE_OFFERED] = CURLUSESSL_TRY,
                             [SMTP_TLS_REQUIRED] = CURLUSESSL_ALL};
  const struct smtp_settings *settings = curl->settings;
  CURL *easy = line->easy = curl_easy_init();
  if (!easy) abort();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, line);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_URL, settings->url);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_USE_SSL, tls[settings->tls]);
  if (settings->ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
  if (settings->user[0]) {
    curl_easy_setopt(easy, CURLOPT_USERNAME, settings->user);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, settings->password);
  }
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->send_timeout_ms);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, hear);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, line);
  curl_loop_add(curl->loop, easy);
}

// curl closes a connection that it only opened when its handle goes, without a word to the server.
void smtp_line_close(struct smtp_curl *curl, struct smtp_line *line) {
  curl_loop_remove(curl->loop, line->easy);
  curl_easy_cleanup(line->easy);
  line->easy = NULL;
}

ptrdiff_t smtp_line_write(struct smtp_line *line, const char *data, size_t size) {
  size_t done = 0;
  CURLcode error = curl_easy_send(line->easy, data, size, &done);
  return error == CURLE_AGAIN ? 0 : error ? -1 : (ptrdiff_t)done;
}

ptrdiff_t smtp_line_read(struct smtp_line *line, char *data, size_t size) {
  size_t done = 0;
  CURLcode error = curl_easy_recv(line->easy, data, size, &done);
  return error == CURLE_AGAIN ? 0 : error || done == 0 ? -1 : (ptrdiff_t)done;
}

struct smtp_curl *smtp_curl_create(uv_loop_t *loop, const struct smtp_settings *settings) {
  if (strncmp(settings->url, "smtp://", 7) != 0 && strncmp(settings->url, "smtps://", 8) != 0) return NULL;
  struct smtp_curl *curl = calloc(1, sizeof *curl);
  if (!curl) return NULL;
  *curl = (struct smtp_curl){.settings = settings, .loop = curl_loop_create(loop, finish_opening)};
  if (curl->loop) return curl;
  free(curl);
  return NULL;
}

void smtp_curl_destroy(struct smtp_curl *curl, void (*destroyed)(void *owner), void *owner) {
  curl_loop_destroy(curl->loop, destroyed, owner);
  free(curl);
}
