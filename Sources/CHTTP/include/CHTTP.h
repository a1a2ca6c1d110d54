#ifndef CHTTP_H
#define CHTTP_H

// One HTTP request by libcurl, whose options are variadic calls and so out of Swift's reach.

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
    // A transfer that brings not one byte a second for so long is broken off.
    long stall_seconds;
} ch_request;

typedef struct {
    void *context;
    // Each line of a response's head, the status line first.
    void (*head)(void *context, const char *line, size_t length);
    // The next bytes of the body; 0 breaks the transfer off.
    int (*body)(void *context, const void *bytes, size_t length);
    // Asked about once a second and after each piece; 0 breaks the transfer off.
    int (*go_on)(void *context);
} ch_callbacks;

typedef enum {
    CH_DONE,
    // The address cannot be asked at all: no URL, no such scheme, no memory.
    CH_UNUSABLE,
    // The host's name, or the proxy's, has no address.
    CH_UNKNOWN_HOST,
    // The certificate of the server is not trusted.
    CH_UNTRUSTED,
    // The connection could not be made, broke, or stalled.
    CH_BROKEN,
    // A callback broke it off.
    CH_STOPPED,
} ch_outcome;

typedef struct {
    ch_outcome outcome;
    // Of the last response, 0 where none came.
    long status;
    // What the server asks to wait before the next try, 0 where it does not.
    int64_t retry_after_seconds;
    // The absolute address that a redirection points to, empty for none.
    char location[4096];
    // Why the request did not succeed, in libcurl's words.
    char reason[512];
} ch_result;

// Sends a GET request and hands out the response. Redirections are not followed. Proxies are those
// of the environment, as libcurl reads it.
void ch_perform(const ch_request *request, const ch_callbacks *callbacks, ch_result *result);

#ifdef __cplusplus
}
#endif

#endif
