// What lies beside pulih: keys, other secrets, and the certificates of whom it speaks with.
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "zmq/keys.h"

enum { CERTIFICATE_DAYS_LEAST = 21 };

enum verdict check_keys(struct doctor *doctor) {
  struct mq_key_pair pair;
  char key[MQ_KEY_TEXT];
  const char *file = doctor->settings.hub_public_key_file;
  int error = mq_key_read(file, key);
  if (error) return found(doctor, WRONG, "It holds 40 characters of Z85, alone.", "%s: %s", file, strerror(-error));
  file = doctor->settings.key_file;
  error = mq_key_pair_read(file, &pair);
  if (error) return found(doctor, WRONG, "It holds 40 characters of Z85, alone.", "%s: %s", file, strerror(-error));
  return found(doctor, FINE, NULL, "own public key %s", pair.public_key);
}

static bool is_secret(const char *name) {
  static const char *const endings[] = {".key", ".pgpass", ".pem", "_password", "_secret"};
  size_t size = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t ending = strlen(endings[i]);
    if (size >= ending && !strcmp(name + size - ending, endings[i])) return true;
  }
  return false;
}

static bool is_open(const char *path) {
  struct stat about;
  return !stat(path, &about) && S_ISREG(about.st_mode) && about.st_mode & (S_IRWXG | S_IRWXO);
}

// The key, and what lies in its folder and is called as secrets are.
enum verdict check_secrets(struct doctor *doctor) {
  static const char mend[] = "chmod 600 it, and make a new one if others use this machine.";
  const char *file = doctor->settings.key_file;
  if (!*file) return found(doctor, PASSED_OVER, NULL, "PULIH_KEY_FILE is not set");
  if (is_open(file)) return found(doctor, WRONG, mend, "%s can be read by others", file);
  char folder[4096], path[4096];
  snprintf(folder, sizeof folder, "%s", file);
  const char *parent = dirname(folder);
  DIR *opened = opendir(parent);
  bool any_open = false;
  for (const struct dirent *entry; !any_open && opened && (entry = readdir(opened));) {
    int size = snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
    any_open = is_secret(entry->d_name) && size < (int)sizeof path && is_open(path);
  }
  if (opened) closedir(opened);
  if (any_open) return found(doctor, WRONG, mend, "%s can be read by others", path);
  return found(doctor, FINE, NULL, "nobody else can read them");
}

// Certificates. Only how long they last is asked: whether they are trusted is the connection's to say.

static int days_left(const SSL *tls, int *ret_days) {
  X509 *certificate = tls ? SSL_get1_peer_certificate(tls) : NULL;
  int days, seconds, known = certificate && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
  X509_free(certificate);
  if (!known) return -ENODATA;
  *ret_days = !days && seconds < 0 ? -1 : days;
  return 0;
}

static int days_of_database(const struct doctor *doctor, int *ret_days) {
  if (doctor->database && PQstatus(doctor->database) == CONNECTION_OK)
    return days_left(PQsslStruct(doctor->database, "OpenSSL"), ret_days);
  // One that is refused for its certificate shows it to who doesn't mind; it may end for want of a password.
  const char *const keywords[] = {"dbname", "sslmode", "sslrootcert", "connect_timeout", NULL};
  const char *const values[] = {doctor->settings.database_url, "require", "/nonexistent", "5", NULL};
  PGconn *connection = PQconnectdbParams(keywords, values, 1);
  int error = days_left(PQsslStruct(connection, "OpenSSL"), ret_days);
  PQfinish(connection);
  return error;
}

static int days_of_door(const char *door, int *ret_days) {
  char host[256];
  snprintf(host, sizeof host, "%s", door);
  char *port = strrchr(host, ':');
  if (!port) return -EINVAL;
  *port++ = 0;
  int connected = doctor_connect(host, port);
  if (connected < 0) return connected;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL *tls = context ? SSL_new(context) : NULL;
  int error = tls && SSL_set_fd(tls, connected) && SSL_connect(tls) == 1 ? days_left(tls, ret_days) : -EPROTO;
  SSL_free(tls);
  SSL_CTX_free(context);
  close(connected);
  return error;
}

static enum verdict judge_days(struct doctor *doctor, const char *whose, int days) {
  static const char mend[] = "Put another certificate in its place (deploy/README.md, \"Keys and passwords\").";
  if (days < 0) return found(doctor, WRONG, mend, "that of %s expired %d days ago", whose, -days);
  if (days < CERTIFICATE_DAYS_LEAST) return found(doctor, WRONG, mend, "that of %s ends in %d days", whose, days);
  return found(doctor, FINE, NULL, "that of %s lasts %d days", whose, days);
}

enum verdict check_certificates(struct doctor *doctor) {
  int database_days = 0, door_days = 0, door_error;
  const char *door = doctor->settings.door;
  int database_error = *doctor->settings.database_url ? days_of_database(doctor, &database_days) : -ENODATA;
  if (!database_error && database_days < CERTIFICATE_DAYS_LEAST)
    return judge_days(doctor, "the database", database_days);
  if (*door && (door_error = days_of_door(door, &door_days)))
    return found(doctor, WRONG, "Is the front door running there, and PULIH_DOOR its HOST:PORT?", "%s %s", door,
                 door_error == -EPROTO ? "speaks no TLS" : strerror(-door_error));
  if (*door && (database_error || door_days < database_days)) return judge_days(doctor, door, door_days);
  if (database_error) return found(doctor, PASSED_OVER, NULL, "no connection with TLS");
  return judge_days(doctor, "the database", database_days);
}
