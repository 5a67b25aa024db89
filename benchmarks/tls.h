/* TLS 1.3 for the load (`load.c`), over OpenSSL where its headers are (`tls.c`). */
#ifndef TLS_H
#define TLS_H
#include "common.h"

struct tls; /* one connection's */

extern const int tls_exists; /* 0: compiled without OpenSSL; nothing below may be called */

/* A client's end on a connected socket; with the ticket, if there is one. */
struct tls *tls_begin(int fd, int is_resumed);

/* Goes on with the handshake; whether it is done. Ends the program if the ticket was not taken. */
int tls_shake(struct tls *tls, int is_resumed);

/* Says close_notify; the socket stays open. */
void tls_end(struct tls *tls);

/* Makes a connection's ticket the one for all that follow; closes the socket. */
void tls_fetch_ticket(int fd);

/* As recv() and send(). Until the former has said EAGAIN, a rest may be there that epoll does not know
 * of.
 */
ssize_t tls_recv(struct tls *tls, void *to, size_t size);
ssize_t tls_send(struct tls *tls, const void *from, size_t size);

#endif
