/* The load of the benchmark, and the worker behind the proxies: small epoll loops.
 *
 *   load worker                           prints its port, serves until standard input ends: an echo, a
 *                                         page, and below /room what one tunnel says, all of them hear
 *   load tunnel  PORT COUNT SIZE SECONDS  COUNT tunnels, messages of SIZE bytes to and fro in each
 *   load room    PORT COUNT SIZE SECONDS  COUNT tunnels; the first one's message comes back in every one
 *   load upgrade PORT COUNT SECONDS       COUNT at a time: connect, upgrade, end, wait for the end
 *   load http    PORT COUNT SECONDS       COUNT keep-alive connections, one GET after another in each
 *   load idle    PORT COUNT               COUNT tunnels that say nothing
 *
 * A client mode connects, prints "ready", waits for a line on standard input (so that connecting
 * is not measured), runs, and prints one line of JSON. One message, request or connection is on its
 * way per client; it is counted when its last byte is back. In a room every delivery counts, and the
 * next message is sent when the last member has the one before.
 *
 * Why C: in Python the load and the worker together cost more than the proxy between them. On few
 * cores the proxy would then be woken for every single message and show a cost that no proxy has
 * under load.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, HEAD = 4096, BATCH = 256, SOURCES = 16, PATIENCE = 20 };

static char buffer[BUFFER]; /* what is read, and the bytes of every message */

#define UPGRADE_TO(path) \
    "GET " path " HTTP/1.1\r\nHost: bench.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
static const char UPGRADE[] = UPGRADE_TO("/tunnel/"), ENTER[] = UPGRADE_TO("/tunnel/room");
static const char SWITCHING[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/* Nine and seven fields, as browsers and applications send. */
static const char GET[] =
    "GET /http/page?x=1 HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: load/1.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n"
    "Referer: http://bench.test/\r\nCookie: session=0123456789abcdef\r\nCache-Control: no-cache\r\n"
    "Pragma: no-cache\r\n\r\n";
static const char OK[] =
    "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: load\r\n"
    "Content-Type: text/plain\r\nCache-Control: no-store\r\nVary: Accept-Encoding\r\n"
    "X-Request-Id: 0123456789abcdef\r\nContent-Length: 12\r\n\r\nhello world\n";

static void die(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now(void) { /* nanoseconds */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void watch(int poll, int how, int fd, uint32_t events, void *what) {
    struct epoll_event event = {.events = events, .data.ptr = what};
    if (epoll_ctl(poll, how, fd, &event) < 0) die("epoll_ctl");
}

static void quick(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* --- the worker ------------------------------------------------------------------------------ */

struct served {
    int fd, switched, held, seat; /* seat: its place among the members; -1 outside the room */
    char head[HEAD];
    char *rest; /* what the client's socket did not take; nothing is read meanwhile */
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
        watch(poll, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
    }
}

static void answer_heads(int poll, struct served *c) {
    char *end;
    c->head[c->held] = 0;
    while (!c->switched && (end = strstr(c->head, "\r\n\r\n"))) {
        end += 4;
        c->switched = strcasestr(c->head, "\r\nupgrade:") != NULL;
        if (c->switched && strstr(c->head, "/room HTTP/")) enter_room(c);
        c->held -= (int)(end - c->head);
        memmove(c->head, end, (size_t)c->held + 1);
        if (c->switched) send_or_keep(poll, c, SWITCHING, sizeof SWITCHING - 1);
        else send_or_keep(poll, c, OK, sizeof OK - 1);
    }
    if (c->switched && c->held) answer_message(poll, c, c->head, (size_t)c->held);
}

static void serve_one(int poll, struct served *c) {
    ssize_t size;
    if (c->rest) {
        send_rest(poll, c);
        return;
    }
    if (c->switched) size = recv(c->fd, buffer, BUFFER, 0);
    else size = recv(c->fd, c->head + c->held, (size_t)(HEAD - 1 - c->held), 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) hang_up(c);
    else if (size > 0 && c->switched) answer_message(poll, c, buffer, (size_t)size);
    else if (size > 0) {
        c->held += (int)size;
        answer_heads(poll, c);
    }
}

static void worker(void) {
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

/* --- the clients ----------------------------------------------------------------------------- */

struct client {
    int fd;
    size_t to_send, to_receive; /* of the message on its way */
    uint64_t began;
    int held;
    char head[HEAD]; /* of a response, until it is complete */
};

static enum { TUNNEL, ROOM, UPGRADES, HTTP, IDLE } mode;
static const char *message; /* what every client sends, again and again */
static size_t message_size;
static int missing;     /* members of the room that do not have the message yet */
static uint32_t *times; /* microseconds, one per message */
static size_t time_count, time_room;

/* From several loopback addresses in turn: each has its own ports, so many connections fit. */
static int connect_to(int port) {
    static unsigned turn;
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct timeval limit = {.tv_sec = PATIENCE};
    if (fd < 0) die("socket");
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + turn++ % SOURCES);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind");
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    return fd;
}

static void check_switched(const char *head) {
    if (strncmp(head, "HTTP/1.1 101", 12) == 0) return;
    fprintf(stderr, "load: no upgrade: %.40s\n", head);
    exit(1);
}

static void upgrade(int fd, const char *request) {
    char head[HEAD] = "";
    size_t held = 0;
    if (send(fd, request, strlen(request), 0) < 0) die("upgrade");
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t size = recv(fd, head + held, HEAD - 1 - held, 0);
        if (size <= 0) die("no answer to an upgrade");
        held += (size_t)size;
        head[held] = 0;
    }
    check_switched(head);
}

static void begin(struct client *c) {
    c->began = now();
    c->to_send = message_size;
    c->to_receive = mode == TUNNEL ? message_size : 0;
    c->held = 0;
}

/* The first member speaks, everybody waits. */
static void begin_room(struct client *clients, int count) {
    missing = count;
    for (int i = 0; i < count; i++) clients[i].to_receive = message_size;
    clients[0].to_send = message_size;
    clients[0].began = now();
}

static void note_time(uint64_t began) {
    if (time_count == time_room) {
        time_room = time_room ? time_room * 2 : 1 << 16;
        times = realloc(times, time_room * sizeof *times);
    }
    times[time_count++] = (uint32_t)((now() - began) / 1000);
}

static void finish(struct client *clients, struct client *c, int count) {
    note_time(mode == ROOM ? clients[0].began : c->began);
    if (mode != ROOM) begin(c);
    else if (--missing == 0) begin_room(clients, count);
}

static void push(int poll, struct client *c, uint32_t *watched) {
    while (c->to_send) {
        ssize_t sent = send(c->fd, message + message_size - c->to_send, c->to_send, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) die("send");
        if (sent < 0) break;
        c->to_send -= (size_t)sent;
    }
    uint32_t wanted = EPOLLIN | (c->to_send ? (uint32_t)EPOLLOUT : 0);
    if (wanted != *watched) watch(poll, EPOLL_CTL_MOD, c->fd, wanted, c);
    *watched = wanted;
}

/* Whether a whole response has arrived. */
static int responded(struct client *c, ssize_t size) {
    c->held += (int)size;
    c->head[c->held] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    char *length = end ? strcasestr(c->head, "\r\ncontent-length:") : NULL;
    if (length && strncmp(c->head, "HTTP/1.1 200", 12) == 0)
        return c->held >= (int)(end + 4 - c->head) + atoi(length + 17);
    if (!end) return 0;
    fprintf(stderr, "load: unexpected response: %.200s\n", c->head);
    exit(1);
}

/* Whether the message or the response has come back whole. */
static int pulled(struct client *c) {
    ssize_t size = mode != HTTP ? recv(c->fd, buffer, BUFFER, 0)
                                : recv(c->fd, c->head + c->held, (size_t)(HEAD - 1 - c->held), 0);
    if (size < 0 && errno == EAGAIN) return 0;
    if (size <= 0) die("the proxy hung up");
    if (mode == HTTP) return responded(c, size);
    c->to_receive -= (size_t)size;
    return c->to_receive == 0;
}

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void wait_for_go(void) {
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF) exit(0);
}

/* Until the end, and a while longer if nothing has come back at all. */
static int is_time_left(uint64_t end) {
    return now() < (time_count ? end : end + PATIENCE * 1000000000ull);
}

static void tell(uint64_t start) {
    double took = (double)(now() - start) / 1e9;
    qsort(times, time_count, sizeof *times, by_size);
    printf("{\"count\": %zu, \"seconds\": %.6f, \"p50\": %u, \"p99\": %u}\n", time_count, took,
           time_count ? times[time_count / 2] : 0, time_count ? times[time_count * 99 / 100] : 0);
    fflush(stdout);
}

static void run(struct client *clients, int count, double seconds) {
    int poll = epoll_create1(0);
    uint32_t *watched = calloc((size_t)count, sizeof *watched);
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < count; i++) {
        watched[i] = EPOLLIN;
        watch(poll, EPOLL_CTL_ADD, clients[i].fd, EPOLLIN, &clients[i]);
        if (mode != ROOM) begin(&clients[i]);
    }
    if (mode == ROOM) begin_room(clients, count);
    for (int i = 0; i < count; i++) push(poll, &clients[i], &watched[i]);
    while (is_time_left(end)) {
        struct epoll_event events[BATCH];
        int ready = epoll_wait(poll, events, BATCH, 100);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            int readable = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
            if (readable && pulled(c)) finish(clients, c, count);
            if (c->to_send) push(poll, c, &watched[c - clients]);
            if (mode == ROOM && clients[0].to_send) push(poll, clients, watched);
        }
    }
    tell(start);
}

/* --- one connection after another ------------------------------------------------------------ */

static void open_next(int poll, struct client *c, int port) {
    c->began = now();
    c->held = 0;
    c->fd = connect_to(port);
    quick(c->fd);
    if (send(c->fd, UPGRADE, sizeof UPGRADE - 1, MSG_NOSIGNAL) < 0) die("upgrade");
    watch(poll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

/* Whether the connection has ended; it is half-closed as soon as it is a tunnel. */
static int is_over(struct client *c) {
    ssize_t size = recv(c->fd, c->head + c->held, (size_t)(HEAD - 1 - c->held), 0);
    if (size < 0 && errno == EAGAIN) return 0;
    int switched = c->held && strstr(c->head, "\r\n\r\n");
    if (switched) return size <= 0;
    if (size <= 0) die("no answer to an upgrade");
    c->held += (int)size;
    c->head[c->held] = 0;
    if (!strstr(c->head, "\r\n\r\n")) return 0;
    check_switched(c->head);
    shutdown(c->fd, SHUT_WR);
    return 0;
}

static void run_upgrades(struct client *clients, int count, int port, double seconds) {
    int poll = epoll_create1(0);
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < count; i++) open_next(poll, &clients[i], port);
    while (is_time_left(end)) {
        struct epoll_event events[BATCH];
        int ready = epoll_wait(poll, events, BATCH, 100);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (!is_over(c)) continue;
            close(c->fd);
            note_time(c->began);
            open_next(poll, c, port);
        }
    }
    tell(start);
}

static const struct {
    const char *name;
    int words;
} MODES[] = {{"tunnel", 6}, {"room", 6}, {"upgrade", 5}, {"http", 5}, {"idle", 4}};

static int usage(void) {
    fputs("usage: load worker | tunnel PORT COUNT SIZE SECONDS | room PORT COUNT SIZE SECONDS\n"
          "       | upgrade PORT COUNT SECONDS | http PORT COUNT SECONDS | idle PORT COUNT\n", stderr);
    return 2;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "worker") == 0) {
        worker();
        return 0;
    }
    if (argc < 4) return usage();
    for (mode = TUNNEL; mode <= IDLE && strcmp(MODES[mode].name, argv[1]) != 0;) mode++;
    if (mode > IDLE || argc != MODES[mode].words) return usage();
    int port = atoi(argv[2]), count = atoi(argv[3]);
    static char content[1 << 20];
    message = mode == HTTP ? GET : content;
    message_size = mode == HTTP ? sizeof GET - 1 : argc == 6 ? (size_t)atoi(argv[4]) : 0;
    if (message_size > sizeof content) message_size = sizeof content;
    struct client *clients = calloc((size_t)count, sizeof *clients);
    for (int i = 0; i < count && mode != UPGRADES; i++) {
        clients[i].fd = connect_to(port);
        if (mode != HTTP) upgrade(clients[i].fd, mode == ROOM ? ENTER : UPGRADE);
        quick(clients[i].fd);
    }
    wait_for_go();
    if (mode == UPGRADES) run_upgrades(clients, count, port, atof(argv[argc - 1]));
    else if (mode != IDLE) run(clients, count, atof(argv[argc - 1]));
    getchar(); /* the connections stay until the other side has looked */
    return 0;
}
