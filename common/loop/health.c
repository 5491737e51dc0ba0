// Design. A peer connects, reads one line until the end and has its answer; nothing is read from it. The line is short
// enough for any socket's buffer, so that it is written at once or never.
#include "loop/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVES "serves"

enum { BACKLOG = 8, PATIENCE_S = 3, LINE_BYTES = 200 };

static void peer_closed(uv_handle_t *peer) {
  free(peer);
}

static void answer(uv_stream_t *listener, int status) {
  struct health *health = listener->data;
  uv_pipe_t *peer = status ? NULL : calloc(1, sizeof *peer);
  if (!peer) return;
  uv_pipe_init(listener->loop, peer, 0);
  if (!uv_accept(listener, (uv_stream_t *)peer)) {
    const char *why_not = health->loop->stopping ? "it is stopping" : health->why_not(health->owner);
    const char *line = why_not ? why_not : SERVES;
    uv_buf_t text = uv_buf_init((char *)line, (unsigned)strlen(line));
    uv_try_write((uv_stream_t *)peer, &text, 1);
  }
  uv_close((uv_handle_t *)peer, peer_closed);
}

int health_serve(struct health *health, struct loop *loop, const char *path, const char *(*why_not)(void *owner),
                 void *owner) {
  *health = (struct health){.loop = loop, .why_not = why_not, .owner = owner};
  if (!*path) return 0;
  unlink(path);
  int error = uv_pipe_init(&loop->uv, &health->listener, 0);
  health->listener.data = health;
  if (!error) error = uv_pipe_bind(&health->listener, path);
  return error ? error : uv_listen((uv_stream_t *)&health->listener, BACKLOG, answer);
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval patience = {.tv_sec = PATIENCE_S};
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path, path, strlen(path) + 1);
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (!connect(descriptor, (struct sockaddr *)&address, sizeof address)) return descriptor;
  int error = -errno;
  close(descriptor);
  return error;
}

bool health_is_asked(int argc, char **argv) {
  return argc == 2 && (!strcmp(argv[1], "--health") || !strcmp(argv[1], "--live"));
}

int health_ask(char **argv) {
  const char *path = getenv(HEALTH_SETTING);
  if (!path || !*path) {
    fputs(HEALTH_SETTING " is not set\n", stderr);
    return 1;
  }
  int descriptor = connect_to(path);
  if (descriptor < 0) {
    fprintf(stderr, "%s: %s\n", path, strerror(-descriptor));
    return 1;
  }
  char line[LINE_BYTES + 1];
  ssize_t size = recv(descriptor, line, LINE_BYTES, MSG_WAITALL);
  close(descriptor);
  line[size > 0 ? size : 0] = 0;
  if (!strcmp(line, SERVES) || (size > 0 && !strcmp(argv[1], "--live"))) return 0;
  fprintf(stderr, "%s\n", size > 0 ? line : "no answer");
  return 1;
}
