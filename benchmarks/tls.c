/* See `tls.h`. With -DWITHOUT_TLS there is none. */
#include "tls.h"

#ifdef WITHOUT_TLS
const int tls_exists = 0;
struct tls *tls_begin(int fd, int is_resumed) { return (void)fd, (void)is_resumed, NULL; }
int tls_shake(struct tls *tls, int is_resumed) { return (void)tls, (void)is_resumed, 0; }
void tls_end(struct tls *tls) { (void)tls; }
void tls_fetch_ticket(int fd) { (void)fd; }
ssize_t tls_recv(struct tls *tls, void *to, size_t size) { return (void)tls, (void)to, (void)size, -1; }
ssize_t tls_send(struct tls *tls, const void *from, size_t size) {
    return (void)tls, (void)from, (void)size, -1;
}
#else
#include <openssl/err.h>
#include <openssl/ssl.h>

const int tls_exists = 1;

static const char CIPHER[] = "TLS_AES_256_GCM_SHA384"; /* what all libraries prefer */
static SSL_SESSION *ticket;

static SSL *ssl_of(struct tls *tls) { return (SSL *)tls; }

static void fail(const char *what) {
    fprintf(stderr, "load: TLS: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* One for all connections: many records are read at once, since reading costs more than they do. */
static SSL_CTX *context(void) {
    static SSL_CTX *made;
    if (made) return made;
    made = SSL_CTX_new(TLS_client_method());
    if (!made || !SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION)) fail("context");
    SSL_CTX_set_verify(made, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(made, 1);
    SSL_CTX_set_default_read_buffer_len(made, BUFFER);
    return made;
}

struct tls *tls_begin(int fd, int is_resumed) {
    SSL *ssl = SSL_new(context());
    if (!ssl || !SSL_set_fd(ssl, fd) || !SSL_set_tlsext_host_name(ssl, "bench.test")) fail("begin");
    if (is_resumed && !SSL_set_session(ssl, ticket)) fail("the ticket is no good");
    return (struct tls *)ssl;
}

/* What has failed and is to be tried again is EAGAIN; everything else ends the program. */
static int is_later(SSL *ssl, int result) {
    int why = SSL_get_error(ssl, result);
    errno = EAGAIN;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

int tls_shake(struct tls *tls, int is_resumed) {
    SSL *ssl = ssl_of(tls);
    int result = SSL_connect(ssl);
    if (result != 1) {
        if (!is_later(ssl, result)) fail("no handshake");
        return 0;
    }
    if (strcmp(SSL_get_cipher(ssl), CIPHER) != 0) fail("another cipher");
    if (is_resumed && !SSL_session_reused(ssl)) fail("the ticket was not taken");
    return 1;
}

void tls_end(struct tls *tls) {
    SSL_shutdown(ssl_of(tls));
    SSL_free(ssl_of(tls));
}

void tls_fetch_ticket(int fd) {
    char rest[64];
    struct tls *tls = tls_begin(fd, 0);
    SSL *ssl = ssl_of(tls);
    tls_shake(tls, 0);
    SSL_shutdown(ssl);
    shutdown(fd, SHUT_WR);
    while (SSL_read(ssl, rest, sizeof rest) > 0) continue; /* tickets come before the end */
    ticket = SSL_get1_session(ssl);
    if (!ticket || !SSL_SESSION_is_resumable(ticket)) fail("there was no ticket");
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
}

ssize_t tls_recv(struct tls *tls, void *to, size_t size) {
    SSL *ssl = ssl_of(tls);
    size_t got = 0;
    do { /* a record each */
        int result = SSL_read(ssl, (char *)to + got, (int)(size - got));
        if (result > 0) {
            got += (size_t)result;
            continue;
        }
        if (is_later(ssl, result)) break;
        if (SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN) return (ssize_t)got;
        fail("reading");
    } while (got < size && SSL_has_pending(ssl));
    return got ? (ssize_t)got : -1;
}

ssize_t tls_send(struct tls *tls, const void *from, size_t size) {
    int result = SSL_write(ssl_of(tls), from, (int)size);
    if (result > 0) return result;
    if (!is_later(ssl_of(tls), result)) fail("writing");
    return -1;
}
#endif
