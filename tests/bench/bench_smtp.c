// Sends one mail many times to one server, three ways, for bench_smtp.py: by services/notifications/smtp.c; by a bare
// loop around libcurl's own SMTP, one handle a connection, each kept; and by MAIL, RCPT and DATA in one write (RFC
// 2920), which nothing in Pulih does, to know what that would bring.
//
//   bench_smtp ours|curl|pipelined URL COUNT CONNECTIONS < mail
//
// Says how many seconds it took.
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "notifications/smtp.h"

#define FROM "pulih@yayasan.example"
#define TO "sari@lapas.example"

enum { CONNECTIONS_MAX = 256, TIMEOUT_MS = 30000 };

struct run {
  uv_loop_t loop;
  const char *url, *data;
  size_t size;
  int count, connections, begun, ended;
};

static void fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(1);
}

// --- ours
// -------------------------------------------------------------------------------------------------------------

struct sent {
  struct smtp_mail mail;
  struct run *run;
  struct smtp *smtp;
};

static void send_next(struct sent *sent) {
  if (sent->run->begun++ < sent->run->count) smtp_send(sent->smtp, &sent->mail);
}

static void mail_done(struct smtp_mail *mail, const struct smtp_result *result) {
  struct sent *sent = mail->owner;
  if (result->end != SMTP_TAKEN) fail(result->answer);
  sent->run->ended++;
  send_next(sent);
}

static void run_ours(struct run *run) {
  const struct smtp_settings settings = {.url = run->url,
                                         .user = "",
                                         .password = "",
                                         .ca_file = "",
                                         .connect_timeout_ms = TIMEOUT_MS,
                                         .send_timeout_ms = TIMEOUT_MS};
  static struct sent sent[CONNECTIONS_MAX];
  struct smtp *smtp = smtp_create(&run->loop, &settings);
  for (int i = 0; i < run->connections; i++) {
    sent[i] = (struct sent){.run = run, .smtp = smtp};
    sent[i].mail = (struct smtp_mail){
        .from = FROM, .to = TO, .data = run->data, .size = run->size, .done = mail_done, .owner = &sent[i]};
    send_next(&sent[i]);
  }
  while (run->ended < run->count) uv_run(&run->loop, UV_RUN_ONCE);
  smtp_destroy(smtp, NULL, NULL);
  uv_run(&run->loop, UV_RUN_DEFAULT);
}

// --- libcurl alone
// ----------------------------------------------------------------------------------------------------

struct easy {
  struct run *run;
  CURL *handle;
  size_t said;
};

static size_t give(char *to, size_t unit, size_t count, void *owner) {
  struct easy *easy = owner;
  size_t size = easy->run->size - easy->said < unit * count ? easy->run->size - easy->said : unit * count;
  memcpy(to, easy->run->data + easy->said, size);
  easy->said += size;
  return size;
}

static void run_curl(struct run *run) {
  struct curl_slist *to = curl_slist_append(NULL, "<" TO ">");
  CURLM *multi = curl_multi_init();
  static struct easy easies[CONNECTIONS_MAX];
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)run->connections);
  for (int i = 0; i < run->connections; i++) {
    CURL *handle = curl_easy_init();
    easies[i] = (struct easy){.run = run, .handle = handle};
    curl_easy_setopt(handle, CURLOPT_URL, run->url);
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, "<" FROM ">");
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(handle, CURLOPT_READDATA, &easies[i]);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, &easies[i]);
    if (run->begun++ < run->count) curl_multi_add_handle(multi, handle);
  }
  while (run->ended < run->count) {
    int running, left;
    curl_multi_perform(multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
      struct easy *easy;
      if (message->data.result) fail(curl_easy_strerror(message->data.result));
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&easy);
      curl_multi_remove_handle(multi, easy->handle);
      run->ended++;
      easy->said = 0;
      if (run->begun++ < run->count) curl_multi_add_handle(multi, easy->handle);
    }
    if (run->ended < run->count) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  for (int i = 0; i < run->connections; i++) curl_easy_cleanup(easies[i].handle);
  curl_multi_cleanup(multi);
  curl_slist_free_all(to);
}

// --- in one write
// -----------------------------------------------------------------------------------------------------

struct pipe {
  uv_tcp_t tcp;
  uv_connect_t connect;
  struct run *run;
  char *text;
  size_t text_size;
  bool greeted;
  int replies;  // still to come for what was said
  char room[4096];
};

static void say(struct pipe *pipe, const char *text, size_t size) {
  uv_buf_t buffer = uv_buf_init((char *)text, (unsigned)size);
  if (uv_try_write((uv_stream_t *)&pipe->tcp, &buffer, 1) != (int)size) fail("the socket is full");
}

static void say_next(struct pipe *pipe) {
  static const char commands[] = "MAIL FROM:<" FROM ">\r\nRCPT TO:<" TO ">\r\nDATA\r\n";
  if (pipe->run->begun++ >= pipe->run->count) return;
  pipe->replies = 3;
  say(pipe, commands, sizeof commands - 1);
}

static void hear_reply(struct pipe *pipe) {
  if (--pipe->replies > 0) return;
  if (!pipe->greeted) {
    pipe->greeted = true;
    say_next(pipe);
  } else if (pipe->replies == 0) {
    pipe->replies = -1;
    say(pipe, pipe->text, pipe->text_size);
  } else {
    pipe->run->ended++;
    say_next(pipe);
  }
}

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct pipe *pipe = handle->data;
  *buffer = uv_buf_init(pipe->room, sizeof pipe->room);
}

// The sink never cuts a line in two.
static void was_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer) {
  struct pipe *pipe = stream->data;
  if (size < 0) fail("the server hung up");
  for (const char *line = buffer->base, *end = line + size, *stop; (stop = memchr(line, '\n', (size_t)(end - line)));
       line = stop + 1) {
    if (line[3] != '-') hear_reply(pipe);
  }
}

static void connected(uv_connect_t *connect, int status) {
  struct pipe *pipe = connect->data;
  if (status) fail(uv_strerror(status));
  pipe->replies = 2;
  say(pipe, "EHLO bench\r\n", 12);
  uv_read_start((uv_stream_t *)&pipe->tcp, give_room, was_read);
}

static void run_pipelined(struct run *run) {
  static struct pipe pipes[CONNECTIONS_MAX];
  struct sockaddr_in address;
  uv_ip4_addr("127.0.0.1", atoi(strrchr(run->url, ':') + 1), &address);
  for (int i = 0; i < run->connections; i++) {
    struct pipe *pipe = &pipes[i];
    pipe->run = run;
    pipe->text_size = run->size + 3;
    pipe->text = malloc(pipe->text_size);
    memcpy(pipe->text, run->data, run->size);
    memcpy(pipe->text + run->size, ".\r\n", 3);
    uv_tcp_init(&run->loop, &pipe->tcp);
    pipe->tcp.data = pipe->connect.data = pipe;
    uv_tcp_connect(&pipe->connect, &pipe->tcp, (struct sockaddr *)&address, connected);
  }
  while (run->ended < run->count) uv_run(&run->loop, UV_RUN_ONCE);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  static char data[1 << 20];
  struct run run = {.url = argv[2], .data = data, .count = atoi(argv[3]), .connections = atoi(argv[4])};
  run.size = fread(data, 1, sizeof data, stdin);
  if (run.connections > CONNECTIONS_MAX || run.count < run.connections) return 2;
  uv_loop_init(&run.loop);
  uint64_t began = uv_hrtime();
  if (!strcmp(argv[1], "ours")) run_ours(&run);
  if (!strcmp(argv[1], "curl")) run_curl(&run);
  if (!strcmp(argv[1], "pipelined")) run_pipelined(&run);
  printf("%.6f\n", (double)(uv_hrtime() - began) / 1e9);
  return 0;
}
