// A fast SMTP server that takes every mail and passes none on, for tests/soak and tests/bench: RFC 5321 with
// PIPELINING.
//
//   smtp_sink LOG [REPLY_DELAY_MS [plain]]
//
// Says "port <n>" on stdout. Each mail is a line of LOG before it is acknowledged: milliseconds since 1970, recipient
// and Message-ID, with tabs between. With a delay every turn of the dialogue takes so long, as over a distance.
// "plain": without PIPELINING.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <uv.h>

enum { LINE_MAX_BYTES = 4096, REPLIES_MAX = 4096 };

static FILE *log_file;
static uint64_t delay_ms;
static bool plain;

struct client {
  uv_tcp_t tcp;
  uv_timer_t timer;
  int handles;
  char line[LINE_MAX_BYTES];
  size_t size;
  bool in_data, in_header;
  char recipient[300], message_id[300];
  char replies[REPLIES_MAX];  // to what was read, said together
  size_t replies_size;
  char room[65536];
};

static void closed(uv_handle_t *handle) {
  struct client *client = handle->data;
  if (--client->handles == 0) free(client);
}

static void hang_up(struct client *client) {
  if (uv_is_closing((uv_handle_t *)&client->tcp)) return;
  uv_close((uv_handle_t *)&client->tcp, closed);
  uv_close((uv_handle_t *)&client->timer, closed);
}

static void say(struct client *client, const char *text) {
  size_t size = strlen(text);
  if (client->replies_size + size > sizeof client->replies) return;
  memcpy(client->replies + client->replies_size, text, size);
  client->replies_size += size;
}

static void flush(struct client *client) {
  uv_buf_t buffer = uv_buf_init(client->replies, (unsigned)client->replies_size);
  if (client->replies_size && uv_try_write((uv_stream_t *)&client->tcp, &buffer, 1) < 0) hang_up(client);
  client->replies_size = 0;
}

static void delayed(uv_timer_t *timer) {
  flush(timer->data);
}

static void take_mail(struct client *client) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  fprintf(log_file, "%lld\t%s\t%s\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, client->recipient,
          client->message_id);
  fflush(log_file);
  say(client, "250 2.0.0 taken\r\n");
}

static void hear_data(struct client *client) {
  if (!strcmp(client->line, ".")) {
    client->in_data = false;
    take_mail(client);
  } else if (client->in_header && !client->line[0]) {
    client->in_header = false;
  } else if (client->in_header && !strncasecmp(client->line, "Message-ID:", 11)) {
    snprintf(client->message_id, sizeof client->message_id, "%.*s", 298, client->line + 12);
  }
}

static void hear_command(struct client *client) {
  const char *line = client->line;
  if (!strncasecmp(line, "EHLO", 4)) {
    say(client, plain ? "250-sink\r\n250 8BITMIME\r\n" : "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
  } else if (!strncasecmp(line, "RCPT TO:<", 9)) {
    snprintf(client->recipient, sizeof client->recipient, "%.*s", (int)strcspn(line + 9, ">"), line + 9);
    say(client, "250 2.1.5 OK\r\n");
  } else if (!strcasecmp(line, "DATA")) {
    client->in_data = client->in_header = true;
    client->message_id[0] = '\0';
    say(client, "354 go on\r\n");
  } else if (!strcasecmp(line, "QUIT")) {
    say(client, "221 bye\r\n");
    flush(client);
    hang_up(client);
  } else {
    say(client, "250 OK\r\n");
  }
}

static void hear(struct client *client, const char *data, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (data[i] != '\n') {
      if (client->size < sizeof client->line - 1) client->line[client->size++] = data[i];
      continue;
    }
    while (client->size > 0 && client->line[client->size - 1] == '\r') client->size--;
    client->line[client->size] = '\0';
    client->size = 0;
    (client->in_data ? hear_data : hear_command)(client);
  }
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct client *client = handle->data;
  *buffer = uv_buf_init(client->room, sizeof client->room);
}

static void was_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  struct client *client = stream->data;
  if (size < 0) {
    hang_up(client);
    return;
  }
  // Who sends in two pieces isn't kept waiting for an acknowledgement of the first.
  int fd, on = 1;
  if (!uv_fileno((uv_handle_t *)stream, &fd)) setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  hear(client, buffer->base, (size_t)size);
  if (uv_is_closing((uv_handle_t *)stream) || !client->replies_size) return;
  if (delay_ms) {
    uv_timer_start(&client->timer, delayed, delay_ms, 0);
  } else {
    flush(client);
  }
}

static void connected(uv_stream_t *server, int status) {
  struct client *client = calloc(1, sizeof *client);
  if (status || !client) exit(3);
  client->handles = 2;
  uv_tcp_init(server->loop, &client->tcp);
  uv_timer_init(server->loop, &client->timer);
  client->tcp.data = client->timer.data = client;
  if (uv_accept(server, (uv_stream_t *)&client->tcp)) exit(3);
  uv_tcp_nodelay(&client->tcp, 1);
  say(client, "220 sink ESMTP\r\n");
  flush(client);
  uv_read_start((uv_stream_t *)&client->tcp, give_room, was_read);
}

int main(int argc, char **argv) {
  if (argc < 2 || !(log_file = fopen(argv[1], "a"))) return 2;
  delay_ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
  plain = argc > 3;
  uv_loop_t *loop = uv_default_loop();
  uv_tcp_t server;
  struct sockaddr_in address;
  int size = sizeof address;
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_init(loop, &server);
  if (uv_tcp_bind(&server, (struct sockaddr *)&address, 0) || uv_listen((uv_stream_t *)&server, 1000, connected))
    return 3;
  uv_tcp_getsockname(&server, (struct sockaddr *)&address, &size);
  printf("port %d\n", (address.sin_port & 0xFF) << 8 | address.sin_port >> 8);
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
