#include "curl/curl_loop.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// A socket that curl has open. curl may close one before it says that it no longer waits for it, so opening and closing
// are ours, and the poll handle goes before the descriptor. The name resolver's sockets are curl's own.
struct curl_socket {
  int fd;
  bool ours;
  uv_poll_t *poll;  // NULL while curl doesn't wait for it; frees itself
  struct curl_socket *next;
};

struct curl_loop {
  uv_loop_t *loop;
  curl_loop_done *done;
  CURLM *multi;
  uv_timer_t timer;
  struct curl_socket *sockets;
  void (*destroyed)(void *owner);
  void *owner;
};

static void collect(struct curl_loop *curl) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(curl->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    curl->done(message->easy_handle, message->data.result);
  }
}

static void poll_ready(uv_poll_t *poll, int status, int events) {
  struct curl_loop *curl = poll->data;
  int fd, running, what = 0;
  uv_fileno((uv_handle_t *)poll, &fd);
  if (status < 0) what = CURL_CSELECT_ERR;
  if (events & UV_READABLE) what |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) what |= CURL_CSELECT_OUT;
  curl_multi_socket_action(curl->multi, fd, what, &running);
  collect(curl);
}

static void timer_due(uv_timer_t *timer) {
  struct curl_loop *curl = timer->data;
  int running;
  curl_multi_socket_action(curl->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  collect(curl);
}

static int set_timer(CURLM *multi, long timeout_ms, void *data) {
  struct curl_loop *curl = data;
  if (timeout_ms < 0) return uv_timer_stop(&curl->timer) ? -1 : 0;
  return uv_timer_start(&curl->timer, timer_due, (uint64_t)timeout_ms, 0) ? -1 : 0;
}

static void free_poll(uv_handle_t *handle) {
  free(handle);
}

// libuv lets go of the descriptor at once, and of the handle later.
static void stop_poll(struct curl_socket *socket) {
  if (socket->poll) uv_close((uv_handle_t *)socket->poll, free_poll);
  socket->poll = NULL;
}

static struct curl_socket **find_socket(struct curl_loop *curl, int fd) {
  struct curl_socket **place = &curl->sockets;
  while (*place && (*place)->fd != fd) place = &(*place)->next;
  return place;
}

static void forget_socket(struct curl_socket **place) {
  struct curl_socket *socket = *place;
  stop_poll(socket);
  *place = socket->next;
  free(socket);
}

static struct curl_socket *know_socket(struct curl_loop *curl, int fd) {
  struct curl_socket **place = find_socket(curl, fd);
  if (!*place) {
    *place = calloc(1, sizeof **place);
    if (*place) (*place)->fd = fd;
  }
  return *place;
}

// What curl waits for.
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *unused) {
  struct curl_loop *curl = data;
  if (what == CURL_POLL_REMOVE) {
    struct curl_socket **place = find_socket(curl, fd);
    if (*place && (*place)->ours) stop_poll(*place);
    if (*place && !(*place)->ours) forget_socket(place);
    return 0;
  }
  struct curl_socket *socket = know_socket(curl, fd);
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

curl_socket_t curl_loop_open_socket(struct curl_loop *curl, curlsocktype purpose, struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct curl_socket *known = fd < 0 ? NULL : know_socket(curl, fd);
  if (known) {
    known->ours = true;
  } else if (fd >= 0) {
    close(fd);
  }
  return known ? fd : CURL_SOCKET_BAD;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  return curl_loop_open_socket(data, purpose, address);
}

static int close_socket(void *data, curl_socket_t fd) {
  struct curl_socket **place = find_socket(data, fd);
  if (*place) forget_socket(place);
  return close(fd);
}

void curl_loop_add(struct curl_loop *curl, CURL *easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, curl);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, curl);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (curl_multi_add_handle(curl->multi, easy) != CURLM_OK) abort();
}

void curl_loop_remove(struct curl_loop *curl, CURL *easy) {
  curl_multi_remove_handle(curl->multi, easy);
}

struct curl_loop *curl_loop_create(uv_loop_t *loop, curl_loop_done *done) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT)) return NULL;
  struct curl_loop *curl = calloc(1, sizeof *curl);
  CURLM *multi = curl_multi_init();
  if (!curl || !multi) {
    free(curl);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    return NULL;
  }
  *curl = (struct curl_loop){.loop = loop, .done = done, .multi = multi};
  uv_timer_init(loop, &curl->timer);
  curl->timer.data = curl;
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, curl);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, curl);
  return curl;
}

static void timer_closed(uv_handle_t *handle) {
  struct curl_loop *curl = handle->data;
  if (curl->destroyed) curl->destroyed(curl->owner);
  free(curl);
}

void curl_loop_destroy(struct curl_loop *curl, void (*destroyed)(void *owner), void *owner) {
  curl->destroyed = destroyed;
  curl->owner = owner;
  curl_multi_cleanup(curl->multi);
  curl_global_cleanup();
  assert(!curl->sockets);
  uv_close((uv_handle_t *)&curl->timer, timer_closed);
}
