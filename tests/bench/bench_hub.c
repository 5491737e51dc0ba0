// Calls a second through the hub: client, hub and service each a process, CURVE on every socket; beside it the same
// frames once there and back between two processes without a hub.
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "hub/hub.h"
#include "identity.pb-c.h"
#include "rpc/client.h"
#include "rpc/server.h"

enum { IN_FLIGHT_MOST = 64, BODY_BYTES = 200, MEASURE_MS = 3000, STARTING_MS = 300 };

static struct mq_key_pair hub_key, service_key, client_key;
static char folder[] = "/tmp/pulih-bench-XXXXXX";
static char keys_path[64], endpoints[3][96];

struct process {
  struct loop loop;
  struct mq_context context;
};

static void start_loop(struct process *process) {
  if (loop_init(&process->loop, NULL) || mq_context_init(&process->context, &process->loop)) exit(1);
}

static void hub_process(void) {
  struct process process;
  struct hub hub;
  struct hub_settings settings = {.caller_endpoint = endpoints[0],
                                  .service_endpoint = endpoints[1],
                                  .secret_key = hub_key.secret_key,
                                  .keys_file = keys_path,
                                  .sites_per_second = 1000,
                                  .calls = 16384,
                                  .waiting_per_method = 1024,
                                  .calls_per_site = 256,
                                  .frame_limit_bytes = 1 << 20,
                                  .ping_interval_ms = 1000};
  start_loop(&process);
  if (hub_start(&hub, &process.context, &settings)) exit(1);
  loop_run(&process.loop);
  exit(0);
}

static void get_person(struct call *call) {
  const Pulih__Identity__V1__GetPersonRequest *request = (const void *)call->request;
  Pulih__Identity__V1__Person person = PULIH__IDENTITY__V1__PERSON__INIT;
  person.name = request->person_id;
  call_reply(call, &person.base);
}

static void service_process(void) {
  static const struct method methods[] = {{.name = "pulih.identity.v1.IdentityService/GetPerson",
                                           .input = &pulih__identity__v1__get_person_request__descriptor,
                                           .output = &pulih__identity__v1__person__descriptor,
                                           .anyone = true,
                                           .handle = get_person}};
  static const struct method_table table = {methods, 1};
  struct process process;
  struct rpc_server_settings settings = {.name = "identity",
                                         .instance = "bench",
                                         .methods = &table,
                                         .endpoints = endpoints[1],
                                         .socket = mq_socket_defaults,
                                         .credit = 256,
                                         .call_memory_bytes = 1 << 20};
  int error;
  settings.socket.key = &service_key;
  settings.socket.server_key = hub_key.public_key;
  start_loop(&process);
  struct rpc_server *server = rpc_server_create(&process.context, &settings, &error);
  if (!server) exit(1);
  rpc_server_start(server);
  loop_run(&process.loop);
  exit(0);
}

// What comes goes back, one router and nothing more.
static void echo(struct mq_socket *socket, struct mq_message *message) {
  mq_send(socket, message->route, &message->header, message->has_body ? &message->body : NULL);
}

static enum mq_verdict anybody(struct mq_zap *zap, const char *key) {
  return MQ_LET_IN;
}

static void echo_process(void) {
  static const struct mq_socket_handler handler = {.received = echo};
  struct process process;
  struct mq_zap zap;
  struct mq_socket router;
  struct mq_socket_settings settings = mq_socket_defaults;
  settings.key = &hub_key;
  start_loop(&process);
  if (mq_zap_start(&zap, &process.context, anybody, NULL) ||
      mq_router_init(&router, &process.context, &settings, &handler, NULL) ||
      mq_socket_bind(&router, endpoints[2], NULL, 0))
    exit(1);
  mq_socket_start(&router);
  loop_run(&process.loop);
  exit(0);
}

struct bench {
  struct process process;
  struct rpc_client *client;
  struct rpc_call calls[IN_FLIGHT_MOST];
  struct mq_socket dealer;
  unsigned char body[BODY_BYTES + 3];
  uv_timer_t timer;
  size_t count, failed;
  int outstanding;
  bool over;
};

static void over(uv_timer_t *timer) {
  struct bench *bench = timer->data;
  bench->over = true;
  uv_stop(&bench->process.loop.uv);
}

static void measure(struct bench *bench, const char *what, int in_flight) {
  bench->over = false;
  bench->count = bench->failed = 0;
  uv_timer_start(&bench->timer, over, MEASURE_MS, 0);
  uint64_t began = uv_hrtime();
  uv_run(&bench->process.loop.uv, UV_RUN_DEFAULT);
  double seconds = (double)(uv_hrtime() - began) / 1e9;
  printf("%-24s %3d in flight  %8.0f/s  %zu failed\n", what, in_flight, (double)bench->count / seconds, bench->failed);
  fflush(stdout);
}

static void answered(struct rpc_call *call, const struct rpc_answer *answer) {
  struct bench *bench = call->owner;
  bench->count++;
  bench->failed += answer->status != NULL;
  if (bench->over)
    bench->outstanding--;
  else
    rpc_client_call(bench->client, call);
}

static void bench_calls(struct bench *bench, int in_flight) {
  for (int i = 0; i < in_flight; i++) {
    bench->calls[i] = (struct rpc_call){.method = "pulih.identity.v1.IdentityService/GetPerson",
                                        .body = bench->body,
                                        .size = sizeof bench->body,
                                        .timeout_ms = 10000,
                                        .done = answered,
                                        .owner = bench};
    rpc_client_call(bench->client, &bench->calls[i]);
  }
  bench->outstanding = in_flight;
  measure(bench, "through the hub", in_flight);
  while (bench->outstanding) uv_run(&bench->process.loop.uv, UV_RUN_ONCE);
}

static void echoed(struct mq_socket *socket, struct mq_message *message) {
  struct bench *bench = socket->owner;
  bench->count++;
  mq_send(socket, 0, &message->header, message->has_body ? &message->body : NULL);
}

static void bench_echo(struct bench *bench, int in_flight) {
  static const struct mq_socket_handler handler = {.received = echoed};
  struct mq_socket_settings settings = mq_socket_defaults;
  settings.key = &client_key;
  settings.server_key = hub_key.public_key;
  if (mq_dealer_init(&bench->dealer, &bench->process.context, &settings, &handler, bench)) exit(1);
  mq_socket_connect(&bench->dealer, endpoints[2]);
  mq_socket_start(&bench->dealer);
  for (int i = 0; i < in_flight; i++) {
    zmq_msg_t frames[2];
    zmq_msg_init_size(&frames[0], 100);
    zmq_msg_init_size(&frames[1], BODY_BYTES);
    memset(zmq_msg_data(&frames[0]), 1, 100);
    memset(zmq_msg_data(&frames[1]), 1, BODY_BYTES);
    mq_send(&bench->dealer, 0, &frames[0], &frames[1]);
  }
  measure(bench, "between two processes", in_flight);
  mq_socket_close(&bench->dealer, NULL);
  while (bench->dealer.pump.zmq) uv_run(&bench->process.loop.uv, UV_RUN_NOWAIT);
}

static pid_t start(void (*run)(void)) {
  pid_t process = fork();
  if (!process) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    run();
  }
  return process;
}

static void prepare(void) {
  if (sodium_init() < 0 || !mkdtemp(folder)) exit(1);
  snprintf(keys_path, sizeof keys_path, "%s/keys", folder);
  for (int i = 0; i < 3; i++) snprintf(endpoints[i], sizeof endpoints[i], "ipc://%s/%d", folder, i);
  mq_key_pair_generate(&hub_key);
  mq_key_pair_generate(&service_key);
  mq_key_pair_generate(&client_key);
  FILE *file = fopen(keys_path, "w");
  if (!file) exit(1);
  fprintf(file, "service identity %s\noperator bench %s\n", service_key.public_key, client_key.public_key);
  fclose(file);
  log_start("bench", "bench", LOG_WARNING);
}

int main(void) {
  static struct bench bench;
  prepare();
  pid_t processes[] = {start(hub_process), start(service_process), start(echo_process)};
  usleep(STARTING_MS * 1000);
  start_loop(&bench.process);
  uv_timer_init(&bench.process.loop.uv, &bench.timer);
  bench.timer.data = &bench;
  // person_id, BODY_BYTES long
  memset(bench.body, 'x', sizeof bench.body);
  bench.body[0] = 0x0a;
  bench.body[1] = 0x80 | (BODY_BYTES & 0x7f);
  bench.body[2] = BODY_BYTES >> 7;
  struct rpc_client_settings settings = {
      .endpoints = endpoints[0], .socket = mq_socket_defaults, .retry = retry_defaults, .calls_limit = 1024};
  int error;
  settings.socket.key = &client_key;
  settings.socket.server_key = hub_key.public_key;
  bench.client = rpc_client_create(&bench.process.context, &settings, &error);
  if (!bench.client) return 1;
  bench_echo(&bench, 1);
  bench_echo(&bench, IN_FLIGHT_MOST);
  bench_calls(&bench, 1);
  bench_calls(&bench, IN_FLIGHT_MOST);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/status", processes[0]);
  FILE *status = fopen(path, "r");
  for (char line[128]; status && fgets(line, sizeof line, status);)
    if (!strncmp(line, "VmRSS", 5)) printf("hub %s", line);
  if (status) fclose(status);
  for (size_t i = 0; i < 3; i++) kill(processes[i], SIGKILL);
  for (size_t i = 0; i < 3; i++) waitpid(processes[i], NULL, 0);
  unlink(keys_path);
  for (int i = 0; i < 3; i++) unlink(endpoints[i] + strlen("ipc://"));
  rmdir(folder);
  return 0;
}
