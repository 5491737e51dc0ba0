#include "smtp_curl.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A socket that curl has open. curl may close one before it says that it no longer waits for it, so opening and closing
// are ours, and the poll handle goes before the descriptor. The name resolver's sockets are curl's own.
struct smtp_socket {
  int fd;
  bool ours;
  uv_poll_t *poll;  // NULL while curl doesn't wait for it; frees itself
  struct smtp_socket *next;
};

struct smtp_curl {
  uv_loop_t *loop;
  const struct smtp_settings *settings;
  CURLM *multi;
  uv_timer_t timer;
  struct smtp_socket *sockets;
  void (*destroyed)(void *owner);
  void *owner;
};

static void finish_opening(struct smtp_line *line, CURLcode error) {
  long code = 0;
  curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &code);
  line->code = error ? (int)code : 0;
  if (error && code < 400) snprintf(line->answer, sizeof line->answer, "%s", curl_easy_strerror(error));
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (!error) curl_easy_getinfo(line->easy, CURLINFO_ACTIVESOCKET, &fd);
  line->fd = fd;
  line->opened(line, fd != CURL_SOCKET_BAD);
}

// -------------------------------------------------------------------------------------------------

static void collect(struct smtp_curl *curl) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(curl->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    struct smtp_line *line;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&line);
    finish_opening(line, message->data.result);
  }
}

static void poll_ready(uv_poll_t *poll, int status, int events) {
  struct smtp_curl *curl = poll->data;
  int fd, running, what = 0;
  uv_fileno((uv_handle_t *)poll, &fd);
  if (status < 0) what = CURL_CSELECT_ERR;
  if (events & UV_READABLE) what |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) what |= CURL_CSELECT_OUT;
  curl_multi_socket_action(curl->multi, fd, what, &running);
  collect(curl);
}

static void timer_due(uv_timer_t *timer) {
  struct smtp_curl *curl = timer->data;
  int running;
  curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  collect(curl);
}

static int set_timer(CURLM *multi, long timeout_ms, void *data) {
  struct smtp_curl *curl = data;
  if (timeout_ms < 0) return uv_timer_stop(&curl->timer) ? -1 : 0;
  return uv_timer_start(&curl->timer, timer_due, (uint64_t)timeout_ms, 0) ? -1 : 0;
}

static void free_poll(uv_handle_t *handle) {
  free(handle);
}

// libuv lets go of the descriptor at once, and of the handle later.
static void stop_poll(struct smtp_socket *socket) {
  if (socket->poll) uv_close((uv_handle_t *)socket->poll, free_poll);
  socket->poll = NULL;
}

static struct smtp_socket **find_socket(struct smtp_curl *curl, int fd) {
  struct smtp_socket **place = &curl->sockets;
  while (*place && (*place)->fd != fd) place = &(*place)->next;
  return place;
}

static void forget_socket(struct smtp_socket **place) {
  struct smtp_socket *socket = *place;
  stop_poll(socket);
  *place = socket->next;
  free(socket);
}

static struct smtp_socket *know_socket(struct smtp_curl *curl, int fd) {
  struct smtp_socket **place = find_socket(curl, fd);
  if (!*place) {
    *place = calloc(1, sizeof **place);
    if (*place) (*place)->fd = fd;
  }
  return *place;
}

// What curl waits for.
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  struct smtp_curl *curl = data;
  if (what == CURL_POLL_REMOVE) {
    struct smtp_socket **place = find_socket(curl, fd);
    if (*place && (*place)->ours) stop_poll(*place);
    if (*place && !(*place)->ours) forget_socket(place);
    return 0;
  }
  struct smtp_socket *socket = know_socket(curl, fd);
  if (!socket) return -1;
  if (!socket->poll) {
    uv_poll_t *poll = malloc(sizeof *poll);
    if (!poll) return -1;
    if (uv_poll_init(curl->loop, poll, fd)) {
      free(poll);
      return -1;
    }
    poll->data = curl;
    socket->poll = poll;
  }
  int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  return uv_poll_start(socket->poll, events, poll_ready) ? -1 : 0;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct smtp_socket *known = fd < 0 ? NULL : know_socket(data, fd);
  if (known) {
    known->ours = true;
  } else if (fd >= 0) {
    close(fd);
  }
  return known ? fd : CURL_SOCKET_BAD;
}

static int close_socket(void *data, curl_socket_t fd) {
  struct smtp_socket **place = find_socket(data, fd);
  if (*place) forget_socket(place);
  return close(fd);
}

// The server's last words while connecting. (What we say may hold the password and isn't looked at.)
static int hear(CURL *easy, curl_infotype kind, char *text, size_t size, void *data) {
  struct smtp_line *line = data;
  if (kind == CURLINFO_HEADER_IN) smtp_answer_set(line->answer, text, size);
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
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curl);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
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
  if (curl_multi_add_handle(curl->multi, easy) != CURLM_OK) abort();
}

// curl closes a connection that it only opened when its handle goes, without a word to the server.
void smtp_line_close(struct smtp_curl *curl, struct smtp_line *line) {
  curl_multi_remove_handle(curl->multi, line->easy);
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
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return NULL;
  struct smtp_curl *curl = calloc(1, sizeof *curl);
  CURLM *multi = curl_multi_init();
  if (!curl || !multi) {
    free(curl);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    return NULL;
  }
  *curl = (struct smtp_curl){.loop = loop, .settings = settings, .multi = multi};
  uv_timer_init(loop, &curl->timer);
  curl->timer.data = curl;
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
  return curl;
}

static void timer_closed(uv_handle_t *handle) {
  struct smtp_curl *curl = handle->data;
  if (curl->destroyed) curl->destroyed(curl->owner);
  free(curl);
}

void smtp_curl_destroy(struct smtp_curl *curl, void (*destroyed)(void *owner), void *owner) {
  curl->destroyed = destroyed;
  curl->owner = owner;
  curl_multi_cleanup(curl->multi);
  curl_global_cleanup();
  assert(!curl->sockets);
  uv_close((uv_handle_t *)&curl->timer, timer_closed);
}
