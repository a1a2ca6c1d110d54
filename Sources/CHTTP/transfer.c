#include "CHTTP.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Far more than any server's head.
static const size_t longest_head = 256 << 10;

struct ch_transfer {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    char reason[CURL_ERROR_SIZE];

    char *head;
    size_t head_length;
    int head_is_whole;

    // A ring: `count` bytes that were not taken yet, the first at `start`.
    unsigned char *ring;
    size_t capacity;
    size_t start;
    size_t count;

    int is_paused;
    int has_ended;
    CURLcode code;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void initialize(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t take_head(char *line, size_t size, size_t count, void *data) {
    ch_transfer *transfer = data;
    size_t length = size * count;
    // Each answer of several, such as those that announce another, begins with its status.
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        transfer->head_length = 0;
        transfer->head_is_whole = 0;
    }
    // What follows the body under the same name is no head.
    if (transfer->head_is_whole) return length;
    if (transfer->head_length + length > longest_head) return 0;
    char *longer = realloc(transfer->head, transfer->head_length + length);
    if (!longer) return 0;
    memcpy(longer + transfer->head_length, line, length);
    transfer->head = longer;
    transfer->head_length += length;
    transfer->head_is_whole = length <= 2;
    return length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data) {
    ch_transfer *transfer = data;
    size_t length = size * count;
    if (length > transfer->capacity - transfer->count) {
        transfer->is_paused = 1;
        return CURL_WRITEFUNC_PAUSE;
    }
    size_t end = (transfer->start + transfer->count) % transfer->capacity;
    size_t first = smaller(length, transfer->capacity - end);
    memcpy(transfer->ring + end, bytes, first);
    memcpy(transfer->ring, bytes + first, length - first);
    transfer->count += length;
    return length;
}

// The programs of libcurl and OpenSSL read these; the library leaves them to them.
static void trust(CURL *easy, const char *certificates) {
    const char *names[] = {"CURL_CA_BUNDLE", "SSL_CERT_FILE"};
    for (size_t index = 0; index < 2 && !(certificates && *certificates); index++)
        certificates = getenv(names[index]);
    if (certificates && *certificates) curl_easy_setopt(easy, CURLOPT_CAINFO, certificates);
    const char *folder = getenv("SSL_CERT_DIR");
    if (folder && *folder) curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

static CURLcode set_options(ch_transfer *transfer, const ch_request *request) {
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    // The flow of one file needs no streams side by side.
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    // Names in an object store may hold "..".
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, request->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, request->connect_seconds);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    // Threads of this process must not be sent signals by name look-ups.
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    trust(easy, request->certificates);
    if (request->signature) {
        CURLcode code = curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, request->signature);
        if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_USERPWD, request->credentials);
        if (code != CURLE_OK) return code;
    }
    return curl_easy_setopt(easy, CURLOPT_URL, request->url);
}

static void end(ch_transfer *transfer, CURLcode code) {
    transfer->has_ended = 1;
    transfer->code = code;
}

// Moves what can be moved without waiting.
static void drive(ch_transfer *transfer) {
    if (transfer->has_ended) return;
    if (transfer->is_paused && transfer->count <= transfer->capacity / 2) {
        transfer->is_paused = 0;
        CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        if (code != CURLE_OK) return end(transfer, code);
    }
    int running = 0;
    if (curl_multi_perform(transfer->multi, &running) != CURLM_OK)
        return end(transfer, CURLE_OUT_OF_MEMORY);
    int waiting = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(transfer->multi, &waiting));)
        if (message->msg == CURLMSG_DONE) end(transfer, message->data.result);
}

ch_transfer *ch_open(const ch_request *request) {
    pthread_once(&once, initialize);
    ch_transfer *transfer = calloc(1, sizeof *transfer);
    if (!transfer) return NULL;
    transfer->capacity = request->read_ahead;
    transfer->ring = malloc(transfer->capacity);
    transfer->easy = curl_easy_init();
    transfer->multi = curl_multi_init();
    int has_memory = transfer->ring && transfer->easy && transfer->multi;
    for (const char *const *line = request->headers; has_memory && *line; line++) {
        struct curl_slist *longer = curl_slist_append(transfer->headers, *line);
        if (longer) transfer->headers = longer;
        else has_memory = 0;
    }
    if (!has_memory) {
        ch_close(transfer);
        return NULL;
    }
    CURLcode code = set_options(transfer, request);
    if (code != CURLE_OK) end(transfer, code);
    else if (curl_multi_add_handle(transfer->multi, transfer->easy) != CURLM_OK)
        end(transfer, CURLE_OUT_OF_MEMORY);
    return transfer;
}

size_t ch_read(ch_transfer *transfer, void *memory, size_t capacity, int milliseconds) {
    drive(transfer);
    // A head without a body yet is something, too.
    if (!transfer->count && !transfer->has_ended) {
        curl_multi_poll(transfer->multi, NULL, 0, milliseconds, NULL);
        drive(transfer);
    }
    size_t length = smaller(capacity, transfer->count);
    size_t first = smaller(length, transfer->capacity - transfer->start);
    if (first) memcpy(memory, transfer->ring + transfer->start, first);
    if (length > first) memcpy((char *)memory + first, transfer->ring, length - first);
    transfer->start = (transfer->start + length) % transfer->capacity;
    transfer->count -= length;
    return length;
}

const char *ch_head(const ch_transfer *transfer, size_t *length) {
    *length = transfer->head_length;
    return transfer->head_is_whole ? transfer->head : NULL;
}

int ch_is_over(const ch_transfer *transfer) {
    return transfer->has_ended && !transfer->count;
}

static ch_outcome outcome(CURLcode code) {
    switch (code) {
    case CURLE_OK:
        return CH_DONE;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_NOT_BUILT_IN:
    case CURLE_SSL_CACERT_BADFILE:
        return CH_UNUSABLE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return CH_UNKNOWN_HOST;
    case CURLE_PEER_FAILED_VERIFICATION:
        return CH_UNTRUSTED;
    default:
        return CH_BROKEN;
    }
}

void ch_get_result(const ch_transfer *transfer, ch_result *result) {
    memset(result, 0, sizeof *result);
    CURLcode code = transfer->code;
    result->outcome = outcome(code);
    const char *words = *transfer->reason   ? transfer->reason
                        : code == CURLE_OK ? ""
                                            : curl_easy_strerror(code);
    snprintf(result->reason, sizeof result->reason, "%s", words);
    curl_off_t wait = 0;
    char *location = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &wait);
    curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_URL, &location);
    result->retry_after_seconds = wait;
    if (location && strlen(location) < sizeof result->location) strcpy(result->location, location);
}

void ch_close(ch_transfer *transfer) {
    if (!transfer) return;
    if (transfer->multi && transfer->easy)
        curl_multi_remove_handle(transfer->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_multi_cleanup(transfer->multi);
    curl_slist_free_all(transfer->headers);
    free(transfer->head);
    free(transfer->ring);
    free(transfer);
}
