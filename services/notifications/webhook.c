#include "webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl/curl_loop.h"
#include "public_address.h"

enum { ANSWER_MOST = 64 * 1024, WAIT_MOST_S = 3600, CONNECTIONS_KEPT = 8 };

struct webhook {
  const struct webhook_settings *settings;
  struct curl_loop *loop;
};

enum webhook_end webhook_end_of(int status) {
  if (status >= 200 && status < 300) return WEBHOOK_TAKEN;
  if (status == 410) return WEBHOOK_GONE;
  if (status == 429 || status == 503) return WEBHOOK_NO_GATEWAY;
  // A wrong address or secret, a redirect or a proxy between: it isn't this message's.
  if (status < 400 || status == 401 || status == 403 || status == 404 || status == 405 || status == 407 ||
      status == 408) {
    return WEBHOOK_PUT_OFF;
  }
  return status < 500 ? WEBHOOK_REFUSED : WEBHOOK_PUT_OFF;
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address) {
  struct webhook_message *message = data;
  if (!message->webhook->settings->private_addresses && !is_public_address(&address->addr)) {
    message->is_private = true;
    return CURL_SOCKET_BAD;
  }
  return curl_loop_open_socket(message->webhook->loop, purpose, address);
}

static size_t take(const char *data, size_t unit, size_t count, void *owner) {
  struct webhook_message *message = owner;
  size_t size = unit * count, kept = strlen(message->answer);
  for (size_t i = 0; i < size && kept < sizeof message->answer - 1; i++) {
    if (data[i] >= ' ' && data[i] <= '~') message->answer[kept++] = data[i];
  }
  message->answer[kept] = '\0';
  message->answer_size += size;
  return message->answer_size <= ANSWER_MOST ? size : 0;
}

static void add_headers(struct webhook_message *message) {
  char header[WEBHOOK_ANSWER_SIZE];
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  snprintf(header, sizeof header, "webhook-id: %s", message->id);
  headers = curl_slist_append(headers, header);
  snprintf(header, sizeof header, "webhook-timestamp: %" PRId64, message->timestamp_s);
  headers = curl_slist_append(headers, header);
  snprintf(header, sizeof header, "webhook-signature: %s", message->signatures);
  headers = curl_slist_append(headers, header);
  message->headers = curl_slist_append(headers, "Expect:");
  if (!message->headers) abort();
}

static void finish(CURL *easy, CURLcode error) {
  struct webhook_message *message;
  curl_off_t wait_s = 0;
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&message);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s);
  // Whoever answers 2xx has taken it, however much else they say.
  bool answered = !error || (error == CURLE_WRITE_ERROR && status);
  message->status = answered ? (int)status : 0;
  message->end = answered ? webhook_end_of(message->status) : WEBHOOK_NO_GATEWAY;
  if (wait_s > WAIT_MOST_S) wait_s = WAIT_MOST_S;
  message->wait_ms = answered ? (uint32_t)wait_s * 1000 : 0;
  if (!answered) {
    snprintf(message->answer, sizeof message->answer, "%s",
             message->is_private ? "its address is a private one" : curl_easy_strerror(error));
  }
  curl_loop_remove(message->webhook->loop, easy);
  curl_easy_cleanup(easy);
  curl_slist_free_all(message->headers);
  message->done(message);
}

void webhook_send(struct webhook *webhook, struct webhook_message *message) {
  const struct webhook_settings *settings = webhook->settings;
  CURL *easy = message->easy = curl_easy_init();
  if (!easy) abort();
  message->webhook = webhook;
  message->answer[0] = '\0';
  message->answer_size = 0;
  message->is_private = false;
  add_headers(message);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, message);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, settings->private_addresses ? "http,https" : "https");
  curl_easy_setopt(easy, CURLOPT_URL, message->url);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, message->headers);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)message->size);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, message->body);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "Pulih");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)settings->timeout_ms);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, message);
  curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
  if (settings->ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, settings->ca_file);
  curl_loop_add(webhook->loop, easy);
  // A connection that is used again outlives the message, but its socket was looked at when it was opened.
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, message);
}

struct webhook *webhook_create(uv_loop_t *loop, const struct webhook_settings *settings) {
  struct webhook *webhook = calloc(1, sizeof *webhook);
  if (!webhook) return NULL;
  *webhook = (struct webhook){.settings = settings, .loop = curl_loop_create(loop, finish)};
  if (webhook->loop) return webhook;
  free(webhook);
  return NULL;
}

void webhook_destroy(struct webhook *webhook, void (*destroyed)(void *owner), void *owner) {
  curl_loop_destroy(webhook->loop, destroyed, owner);
  free(webhook);
}
