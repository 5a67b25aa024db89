/* The worker behind the proxies of the benchmark, an epoll loop: it switches to a tunnel where one is
 * asked for and echoes there, or in the room (below /room) says to all members what one says. Every
 * other request, once its body is there, gets a page of as many bytes as `size=` in its query says.
 * It waits for no client: what a socket does not take is kept, and nothing is read meanwhile.
 */
#include "common.h"

static char buffer[BUFFER]; /* what is read, and the bytes of every message */

static const char SWITCHING[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/* Seven fields, as applications send. */
static const char OK[] =
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: load\r\n"
    "Content-Type: text/plain\r\nCache-Control: no-store\r\nVary: Accept-Encoding\r\n"
    "X-Request-Id: 0123456789abcdef\r\nContent-Length: %zu\r\n\r\n";

struct served {
    int fd, switched, held, seat; /* seat: its place among the members; -1 outside the room */
    char head[HEAD];
    size_t body;     /* bytes of a request's body that are still to come */
    int is_due;      /* whether a page is, once that body is there */
    int is_last;     /* whether the connection shall end after it */
    size_t due_size; /* of that page */
    char *rest;      /* what the client's socket did not take; nothing is read meanwhile */
    size_t rest_size, rest_sent;
};

static struct served **members; /* of the room */
static int member_count, member_room;

static void enter_room(struct served *c) {
    if (member_count == member_room) {
        member_room = member_room ? member_room * 2 : 1024;
        members = realloc(members, (size_t)member_room * sizeof *members);
    }
    c->seat = member_count;
    members[member_count++] = c;
}

static void hang_up(struct served *c) {
    if (c->seat >= 0) { /* the last member takes the free seat */
        members[c->seat] = members[--member_count];
        members[c->seat]->seat = c->seat;
    }
    close(c->fd);
    free(c->rest);
    free(c);
}

static void keep(int poll, struct served *c, const char *data, size_t size) {
    if (c->rest == NULL) watch(poll, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
    c->rest = realloc(c->rest, c->rest_size + size);
    memcpy(c->rest + c->rest_size, data, size);
    c->rest_size += size;
}

static void send_or_keep(int poll, struct served *c, const char *data, size_t size) {
    ssize_t sent = c->rest ? 0 : send(c->fd, data, size, MSG_NOSIGNAL);
    if (sent < 0) sent = 0; /* a dead connection is noticed by the next read */
    if ((size_t)sent < size) keep(poll, c, data + sent, size - (size_t)sent);
}

/* An echo, or in the room the same for everybody. */
static void answer_message(int poll, struct served *c, const char *data, size_t size) {
    if (c->seat < 0) send_or_keep(poll, c, data, size);
    else for (int i = 0; i < member_count; i++) send_or_keep(poll, members[i], data, size);
}

static void send_rest(int poll, struct served *c) {
    ssize_t sent = send(c->fd, c->rest + c->rest_sent, c->rest_size - c->rest_sent, MSG_NOSIGNAL);
    if (sent > 0) c->rest_sent += (size_t)sent;
    if (sent < 0 && errno != EAGAIN) {
        hang_up(c);
    } else if (c->rest_sent == c->rest_size) {
        free(c->rest);
        c->rest = NULL;
        c->rest_size = c->rest_sent = 0;
        if (c->is_last) shutdown(c->fd, SHUT_WR);
        watch(poll, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
    }
}

/* The same page for everybody, head and body, made when another size is asked for. */
static void send_page(int poll, struct served *c, size_t size) {
    static char page[HEAD + LARGEST];
    static size_t page_size = SIZE_MAX, whole;
    if (size > LARGEST) size = LARGEST;
    if (size != page_size) {
        int head = snprintf(page, HEAD, OK, size);
        memset(page + head, 'x', size);
        page_size = size;
        whole = (size_t)head + size;
    }
    send_or_keep(poll, c, page, whole);
    if (c->is_last && !c->rest) shutdown(c->fd, SHUT_WR);
}

/* What a head asks for: a tunnel, or a page after a body. */
static void take_head(int poll, struct served *c) {
    char *size = strstr(c->head, "size="), *length = strcasestr(c->head, "\r\ncontent-length:");
    c->switched = strcasestr(c->head, "\r\nupgrade:") != NULL;
    if (c->switched && strstr(c->head, "/room HTTP/")) enter_room(c);
    if (c->switched) send_or_keep(poll, c, SWITCHING, sizeof SWITCHING - 1);
    c->is_due = !c->switched;
    c->is_last = strcasestr(c->head, "\r\nconnection: close") != NULL;
    c->due_size = size ? strtoul(size + 5, NULL, 10) : SMALL_PAGE;
    c->body = length ? strtoul(length + 17, NULL, 10) : 0;
}

static void drop(struct served *c, size_t size) {
    c->held -= (int)size;
    memmove(c->head, c->head + size, (size_t)c->held + 1);
}

static void answer_heads(int poll, struct served *c) {
    c->head[c->held] = 0;
    while (!c->switched) {
        size_t here = c->body < (size_t)c->held ? c->body : (size_t)c->held;
        drop(c, here);
        c->body -= here;
        if (c->body) return;
        if (c->is_due) send_page(poll, c, c->due_size);
        c->is_due = 0;
        char *end = strstr(c->head, "\r\n\r\n");
        if (!end) return;
        end[2] = 0; /* what follows is not this head's */
        take_head(poll, c);
        drop(c, (size_t)(end + 4 - c->head));
    }
    if (c->held) answer_message(poll, c, c->head, (size_t)c->held);
}

static void serve_one(int poll, struct served *c) {
    ssize_t size;
    if (c->rest) {
        send_rest(poll, c);
        return;
    }
    int is_bulk = c->switched || c->body; /* a head is collected, all else is looked at once */
    size_t room = is_bulk ? BUFFER : (size_t)(HEAD - 1 - c->held);
    if (c->body && c->body < room) room = c->body;
    size = recv(c->fd, is_bulk ? buffer : c->head + c->held, room, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        hang_up(c);
    } else if (size > 0 && c->switched) {
        answer_message(poll, c, buffer, (size_t)size);
    } else if (size > 0) {
        if (is_bulk) c->body -= (size_t)size;
        else c->held += (int)size;
        answer_heads(poll, c);
    }
}

void worker(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 4096) < 0)
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &length);
    watch(poll, EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(poll, EPOLL_CTL_ADD, 0, EPOLLIN, NULL);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[BATCH];
        int count = epoll_wait(poll, events, BATCH, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) return; /* standard input has ended */
            if (events[i].data.ptr != &listener) {
                serve_one(poll, events[i].data.ptr);
                continue;
            }
            struct served *c = calloc(1, sizeof *c);
            c->seat = -1;
            c->fd = accept(listener, NULL, NULL);
            if (c->fd < 0) {
                free(c);
                continue;
            }
            quick(c->fd);
            watch(poll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
        }
    }
}
