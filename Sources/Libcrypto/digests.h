// The part of OpenSSL's libcrypto that is used.
#include <openssl/evp.h>
