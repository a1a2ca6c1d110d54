#include "CHTTP.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialize(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t take_head(char *line, size_t size, size_t count, void *data) {
    const ch_callbacks *callbacks = data;
    callbacks->head(callbacks->context, line, size * count);
    return size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data) {
    const ch_callbacks *callbacks = data;
    return callbacks->body(callbacks->context, bytes, size * count) ? size * count : 0;
}

static int check(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    const ch_callbacks *callbacks = data;
    return !callbacks->go_on(callbacks->context);
}

static ch_outcome outcome(CURLcode code) {
    switch (code) {
    case CURLE_OK:
        return CH_DONE;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_SSL_CACERT_BADFILE:
        return CH_UNUSABLE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CH_UNKNOWN_HOST;
    case CURLE_PEER_FAILED_VERIFICATION:
        return CH_UNTRUSTED;
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
        return CH_STOPPED;
    default:
        return CH_BROKEN;
    }
}

static void set_options(
    CURL *curl, const ch_request *request, struct curl_slist *headers,
    const ch_callbacks *callbacks, char *reason
) {
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, request->user_agent);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, request->connect_seconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request->stall_seconds);
    // Threads of this process must not be sent signals by name look-ups.
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, callbacks);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, callbacks);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, callbacks);
    // The tool of the same name reads this; the library leaves it to its programs.
    const char *certificates = getenv("SSL_CERT_FILE");
    if (certificates && *certificates) curl_easy_setopt(curl, CURLOPT_CAINFO, certificates);
}

void ch_perform(const ch_request *request, const ch_callbacks *callbacks, ch_result *result) {
    memset(result, 0, sizeof *result);
    pthread_once(&once, initialize);
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    for (const char *const *line = request->headers; curl && *line; line++) {
        struct curl_slist *longer = curl_slist_append(headers, *line);
        if (!longer) {
            curl_easy_cleanup(curl);
            curl = NULL;
        } else {
            headers = longer;
        }
    }
    if (!curl) {
        curl_slist_free_all(headers);
        result->outcome = CH_UNUSABLE;
        snprintf(result->reason, sizeof result->reason, "no memory is left");
        return;
    }
    char reason[CURL_ERROR_SIZE] = "";
    set_options(curl, request, headers, callbacks, reason);
    CURLcode code = curl_easy_perform(curl);
    result->outcome = outcome(code);
    const char *words = *reason ? reason : code == CURLE_OK ? "" : curl_easy_strerror(code);
    snprintf(result->reason, sizeof result->reason, "%s", words);
    curl_off_t wait = 0;
    char *location = NULL;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result->status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &location);
    result->retry_after_seconds = wait;
    if (location && strlen(location) < sizeof result->location) strcpy(result->location, location);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
}
