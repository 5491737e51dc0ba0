// Many calls of one method through the hub, a fixed number in flight, as the benches need them: requests are made
// beforehand, so that what is measured is the way there and back.
//
//   load ENDPOINT HUB-PUBLIC-KEY-FILE KEY-FILE SESSION-FILE METHOD IN-FLIGHT REQUESTS.jsonl
//
// Prints one JSON object: how many, how many failed and why, seconds, calls a second, p50 and p99 in microseconds.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "identity.pb-c.h"
#include "json/json.h"
#include "message/message.h"
#include "rpc/client.h"
#include "zmq/keys.h"

enum { REQUESTS_MAX = 2000000, LINE_ARENA_BYTES = 1 << 20, TIMEOUT_MS = 60000 };

struct request {
  unsigned char *body;
  size_t size;
};

struct load;

struct slot {
  struct rpc_call call;
  struct load *load;
  uint64_t sent_ns;
};

struct load {
  struct loop loop;
  struct mq_context mq;
  struct rpc_client *client;
  const struct method *method;
  struct request *requests;
  struct slot *slots;
  size_t count, next, done, failed;
  char first_failure[128];
  uint64_t *latency_ns;
  uint64_t began_ns;
  unsigned char token[RPC_TOKEN_BYTES];
};

static void send_next(struct slot *slot) {
  struct load *load = slot->load;
  if (load->next == load->count) return;
  const struct request *request = &load->requests[load->next++];
  slot->call.body = request->body;
  slot->call.size = request->size;
  slot->sent_ns = uv_hrtime();
  rpc_client_call(load->client, &slot->call);
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct slot *slot = call->owner;
  struct load *load = slot->load;
  load->latency_ns[load->done++] = uv_hrtime() - slot->sent_ns;
  if (answer->status) {
    if (!load->failed++) snprintf(load->first_failure, sizeof load->first_failure, "%s", answer->status->reason);
  }
  if (load->done == load->count)
    loop_stop(&load->loop);
  else
    send_next(slot);
}

static int read_requests(struct load *load, const char *path) {
  FILE *file = fopen(path, "r");
  char *line = NULL;
  size_t room = 0;
  ssize_t size;
  load->requests = calloc(REQUESTS_MAX, sizeof *load->requests);
  if (!file || !load->requests) return -1;
  while (load->count < REQUESTS_MAX && (size = getline(&line, &room, file)) > 1) {
    struct arena arena;
    struct status status = {0};
    arena_init(&arena, LINE_ARENA_BYTES);
    ProtobufCMessage *message =
        json_decode(load->method->input, line, (size_t)size, &(struct json_options){0}, &arena, &status);
    struct request *request = &load->requests[load->count];
    if (message) {
      request->size = protobuf_c_message_get_packed_size(message);
      request->body = malloc(request->size + 1);
      if (request->body) protobuf_c_message_pack(message, request->body);
    } else {
      fprintf(stderr, "%s:%zu: %s\n", path, load->count + 1, status_text(&status, LANGUAGE_ENGLISH, &arena));
    }
    arena_finish(&arena);
    if (!request->body) return -1;
    load->count++;
  }
  free(line);
  fclose(file);
  return load->count ? 0 : -1;
}

// What `pulih login` has written.
static int read_token(struct load *load, const char *path) {
  char text[4096];
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  size_t size = fread(text, 1, sizeof text, file);
  fclose(file);
  struct arena arena;
  struct status status = {0};
  arena_init(&arena, LINE_ARENA_BYTES);
  const Pulih__Identity__V1__StartedSession *session = (const Pulih__Identity__V1__StartedSession *)json_decode(
      &pulih__identity__v1__started_session__descriptor, text, size, &(struct json_options){0}, &arena, &status);
  bool read = session && session->token.len == RPC_TOKEN_BYTES;
  if (read) memcpy(load->token, session->token.data, RPC_TOKEN_BYTES);
  arena_finish(&arena);
  return read ? 0 : -1;
}

static int compare(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return a < b ? -1 : a > b;
}

static void print(struct load *load) {
  double seconds = (double)(uv_hrtime() - load->began_ns) / 1e9;
  size_t p50 = load->done / 2, p99 = load->done * 99 / 100;
  qsort(load->latency_ns, load->done, sizeof *load->latency_ns, compare);
  printf(
      "{\"count\": %zu, \"failed\": %zu, \"first_failure\": \"%s\", \"seconds\": %.3f, \"per_second\": %.0f, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
      load->done, load->failed, load->first_failure, seconds, (double)load->done / seconds,
      (double)load->latency_ns[p50] / 1e3, (double)load->latency_ns[p99] / 1e3);
}

static const struct method *find_method(const char *name) {
  for (size_t i = 0; i < catalogue.count; i++)
    if (strstr(catalogue.methods[i].name, name)) return &catalogue.methods[i];
  return NULL;
}

static void load_finish(struct load *load) {
  free(load->slots);
  free(load->latency_ns);
  for (size_t i = 0; i < load->count; i++) free(load->requests[i].body);
  free(load->requests);
}

int main(int argc, char **argv) {
  struct load load = {0};
  struct mq_key_pair key;
  char hub_key[MQ_KEY_TEXT];
  if (argc != 8 || !(load.method = find_method(argv[5])) || mq_key_read(argv[2], hub_key) ||
      mq_key_pair_read(argv[3], &key) || read_token(&load, argv[4]) || read_requests(&load, argv[7])) {
    fprintf(stderr, "load ENDPOINT HUB-PUBLIC-KEY-FILE KEY-FILE SESSION-FILE METHOD IN-FLIGHT REQUESTS.jsonl\n");
    load_finish(&load);
    return 2;
  }
  size_t in_flight = strtoul(argv[6], NULL, 10);
  load.slots = calloc(in_flight, sizeof *load.slots);
  load.latency_ns = calloc(load.count, sizeof *load.latency_ns);
  struct rpc_client_settings settings = {
      .endpoints = argv[1], .socket = mq_socket_defaults, .retry = retry_defaults, .calls_limit = in_flight};
  settings.socket.key = &key;
  settings.socket.server_key = hub_key;
  int error;
  if (!load.slots || !load.latency_ns || loop_init(&load.loop, NULL) || mq_context_init(&load.mq, &load.loop) ||
      !(load.client = rpc_client_create(&load.mq, &settings, &error))) {
    load_finish(&load);
    return 1;
  }
  load.began_ns = uv_hrtime();
  for (size_t i = 0; i < in_flight; i++) {
    load.slots[i] = (struct slot){
        .call = {.method = load.method->name, .timeout_ms = TIMEOUT_MS, .token = load.token, .done = answered},
        .load = &load};
    load.slots[i].call.owner = &load.slots[i];
    send_next(&load.slots[i]);
  }
  loop_run(&load.loop);
  print(&load);
  rpc_client_close(load.client, NULL, NULL);
  loop_finish(&load.loop);
  mq_context_finish(&load.mq);
  load_finish(&load);
  return load.failed ? 1 : 0;
}
