#include "loop/process.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "base/log.h"

enum { SETTINGS_MEMORY_BYTES = 1 << 20, STARTED_BADLY = 1 };

#define AT(member) offsetof(struct process, member)
static const struct setting settings_table[] = {
    {"PULIH_CLOCK_FILE", SETTING_TEXT, AT(clock_file), "", "file that stands for the clock, for tests and training", 0,
     0},
    {"PULIH_LOG_LEVEL", SETTING_TEXT, AT(log_level), "info", "debug, info, warning or error", 0, 0},
    {HEALTH_SETTING, SETTING_TEXT, AT(health_socket), "", HEALTH_SETTING_HELP, 0, 0},
    {0},
};
#undef AT

static void print_help(const struct process *process) {
  const char *name = process->name;
  printf(
      "pulih-%s: %s\n\n  pulih-%s                  serve, until SIGTERM\n  pulih-%s --check-config   read the settings "
      "and say what is wrong\n  pulih-%s --health         ask the one beside this whether it serves; --live: whether "
      "it lives\n\nSettings, from the environment:\n",
      name, process->summary, name, name, name);
  for (size_t i = 0; i < PROCESS_TABLES_MAX && process->tables[i].rows; i++)
    config_describe(process->tables[i].rows, stdout);
  config_describe(settings_table, stdout);
}

static int read_settings(struct process *process) {
  const struct setting *known[PROCESS_TABLES_MAX + 2] = {settings_table};
  int problems = 0;
  for (size_t i = 0; i < PROCESS_TABLES_MAX && process->tables[i].rows; i++) {
    known[i + 1] = process->tables[i].rows;
    problems += config_read(known[i + 1], process->tables[i].values, &process->arena, stderr);
  }
  problems += config_read(settings_table, process, &process->arena, stderr) + config_refuse_unknown(known, stderr);
  enum log_level level = LOG_INFO;
  if (process->log_level && log_level_from_name(process->log_level, &level)) {
    fprintf(stderr, "PULIH_LOG_LEVEL: \"%s\" isn't debug, info, warning or error\n", process->log_level);
    problems++;
  }
  if (process->check) problems += process->check(process->owner);
  snprintf(process->instance, sizeof process->instance, "%.24s-%08x", process->name, randombytes_random());
  log_start(process->name, process->instance, level);
  return problems ? EX_CONFIG : 0;
}

// Every connection is a file.
static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int start(struct process *process) {
  int error = loop_init(process->loop, *process->clock_file ? process->clock_file : NULL);
  if (error) return error;
  const char *path = process->health_socket;
  error = health_serve(&process->health, process->loop, path, process->why_not_serving, process->owner);
  if (error) LOG(ERROR, "HEALTH_NOT_SERVED", log_text("path", path), log_text("reason", strerror(-error)));
  return error ? error : process->start(process->owner);
}

static int run(struct process *process) {
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  int error = start(process);
  if (error) {
    LOG(ERROR, "START_FAILED", log_text("reason", strerror(-error)));
    return STARTED_BADLY;
  }
  error = loop_run(process->loop);
  process->finish(process->owner);
  LOG(INFO, "STOPPED", log_number("error", error));
  return error ? STARTED_BADLY : 0;
}

int process_main(int argc, char **argv, struct process *process) {
  bool check_only = argc == 2 && !strcmp(argv[1], "--check-config");
  if (argc == 2 && !strcmp(argv[1], "--help")) {
    print_help(process);
    return 0;
  }
  if (argc == 2 && !strcmp(argv[1], "--version")) {
    printf("pulih-%s %s\n", process->name, PULIH_VERSION);
    return 0;
  }
  if (health_is_asked(argc, argv)) return health_ask(argv);
  if (argc > 1 && !check_only) {
    fprintf(stderr, "pulih-%s: %s isn't an option; see --help\n", process->name, argv[1]);
    return EX_USAGE;
  }
  if (sodium_init() < 0) return EX_OSERR;
  arena_init(&process->arena, SETTINGS_MEMORY_BYTES);
  int status = read_settings(process);
  if (!status && !check_only) status = run(process);
  arena_finish(&process->arena);
  return status;
}
