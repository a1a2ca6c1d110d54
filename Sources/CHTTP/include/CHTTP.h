#ifndef CHTTP_H
#define CHTTP_H

// One HTTP request by libcurl, whose options are variadic calls and so out of Swift's reach. The
// answer is taken piece by piece, as the caller wants it; there are no threads.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *url;
    // Lines such as "Range: bytes=100-"; the list ends with a null pointer.
    const char *const *headers;
    const char *user_agent;
    long connect_seconds;
    // The most bytes that are held for the caller.
    size_t read_ahead;
    // How AWS has requests signed ("aws:amz:REGION:s3") and by whom ("ID:SECRET"); null for not.
    const char *signature;
    const char *credentials;
    // A file of the certificates that are trusted; null for those of the environment or the system.
    const char *certificates;
} ch_request;

typedef enum {
    CH_DONE,
    // The address cannot be asked at all: no URL, no such scheme, no memory.
    CH_UNUSABLE,
    // The host's name, or the proxy's, has no address.
    CH_UNKNOWN_HOST,
    // The certificate of the server is not trusted.
    CH_UNTRUSTED,
    // The connection could not be made, or broke.
    CH_BROKEN,
} ch_outcome;

typedef struct {
    ch_outcome outcome;
    // What the server asks to wait before the next try, 0 where it does not.
    int64_t retry_after_seconds;
    // The absolute address that a redirection points to, empty for none.
    char location[4096];
    // Why the request did not succeed, in libcurl's words.
    char reason[512];
} ch_result;

// A request under way; used by one thread at a time.
typedef struct ch_transfer ch_transfer;

// Begins a GET request. Redirections are not followed. Proxies are those of the environment, as
// libcurl reads it. Null where no memory is left.
ch_transfer *ch_open(const ch_request *request);

// Takes the next bytes of the body, and waits at most so long for some.
//
// Returns how many they are: 0 where none came in time, or where the answer is over.
size_t ch_read(ch_transfer *transfer, void *memory, size_t capacity, int milliseconds);

// The lines of the answer's head, null before it is whole.
const char *ch_head(const ch_transfer *transfer, size_t *length);

// Whether nothing more comes, and all that came was taken.
int ch_is_over(const ch_transfer *transfer);

// What came of a request that is over.
void ch_get_result(const ch_transfer *transfer, ch_result *result);

// Ends a request, also in its middle.
void ch_close(ch_transfer *transfer);

#ifdef __cplusplus
}
#endif

#endif
