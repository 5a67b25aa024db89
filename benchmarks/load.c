/* The load of the benchmark, a small epoll loop; with `worker.c`, what answers behind the proxies.
 *
 *   load worker                           prints its port, serves until standard input ends: an echo,
 *                                         pages of any size, and below /room what one tunnel says,
 *                                         all of them hear
 *   load tunnel  PORT COUNT SIZE SECONDS  COUNT tunnels, messages of SIZE bytes to and fro in each
 *   load room    PORT COUNT SIZE SECONDS  COUNT tunnels; the first one's message comes back in every one
 *   load upgrade PORT COUNT SECONDS       COUNT at a time: connect, upgrade, end, wait for the end
 *   load idle    PORT COUNT               COUNT tunnels that say nothing
 *   load get     PORT COUNT SIZE SECONDS HOST PATH
 *                                         COUNT keep-alive connections, one GET after another in each;
 *                                         the response's body has SIZE bytes
 *   load differ  (the same)               as get, and query and cookie differ in every request
 *   load post    (the same)               as get, with a request body of SIZE bytes; 12 come back
 *   load fresh   (the same)               as get, with a connection for every request
 *   load tls MODE ...                     a mode from tunnel to post, over TLS 1.3 (`tls.c`)
 *   load tls full   PORT COUNT SECONDS    COUNT at a time: connect, shake hands, end, wait for the end
 *   load tls resume PORT COUNT SECONDS    the same, with a ticket that came before
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
#include "common.h"
#include "tls.h"

enum { SOURCES = 16, PATIENCE = 20 };

static char buffer[BUFFER]; /* what is read */

#define UPGRADE_TO(path) \
    "GET " path " HTTP/1.1\r\nHost: bench.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
static const char UPGRADE[] = UPGRADE_TO("/tunnel/"), ENTER[] = UPGRADE_TO("/tunnel/room");
/* Nine fields, as browsers send; a number is the query's and the cookie's. */
static const char REQUEST[] =
    "%s %spage?size=%zu&x=%016llx HTTP/1.1\r\nHost: %s\r\nUser-Agent: load/1.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: en\r\nAccept-Encoding: gzip\r\n"
    "Referer: http://bench.test/\r\nCookie: session=%016llx\r\nCache-Control: no-cache\r\n"
    "Pragma: no-cache\r\n%s\r\n";

/* --- the clients ----------------------------------------------------------------------------- */

struct client {
    int fd;
    struct tls *tls;     /* NULL: none is spoken */
    const char *message; /* what it sends, again and again */
    size_t message_size;
    size_t to_send, to_receive; /* of the message on its way; of a response, of its body */
    uint64_t began;
    int held;
    char head[HEAD];    /* of a response, until it is complete */
    char request[HEAD]; /* of its own, where every request differs */
};

static enum { TUNNEL, ROOM, UPGRADES, IDLE, GET, DIFFER, POST, FRESH, FULL, RESUME } mode;
static int is_secure; /* whether TLS is spoken */
static char *message; /* what every client sends, if it sends nothing of its own */
static size_t message_size;
static size_t size_asked; /* of a message, of a page, of a request's body */
static const char *host, *path;
static int missing; /* members of the room that do not have the message yet */
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

/* As recv() and send(), over TLS where it is spoken. */
static ssize_t take(struct client *c, void *to, size_t size) {
    return c->tls ? tls_recv(c->tls, to, size) : recv(c->fd, to, size, 0);
}

static ssize_t give(struct client *c, const void *from, size_t size) {
    return c->tls ? tls_send(c->tls, from, size) : send(c->fd, from, size, MSG_NOSIGNAL);
}

static void check_switched(const char *head) {
    if (strncmp(head, "HTTP/1.1 101", 12) == 0) return;
    fprintf(stderr, "load: no upgrade: %.40s\n", head);
    exit(1);
}

static void upgrade(struct client *c, const char *request) {
    char head[HEAD] = "";
    size_t held = 0;
    if (give(c, request, strlen(request)) < 0) die("upgrade");
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t size = take(c, head + held, HEAD - 1 - held);
        if (size <= 0) die("no answer to an upgrade");
        held += (size_t)size;
        head[held] = 0;
    }
    check_switched(head);
}

static size_t write_request(char *to, unsigned long long number) {
    char last[128] = "";
    if (mode == POST)
        snprintf(last, sizeof last, "Content-Type: text/plain\r\nContent-Length: %zu\r\n", size_asked);
    if (mode == FRESH) strcpy(last, "Connection: close\r\n");
    return (size_t)snprintf(to, HEAD, REQUEST, mode == POST ? "POST" : "GET", path,
                            mode == POST ? SMALL_PAGE : size_asked, number, host, number, last);
}

static void begin(struct client *c) {
    static unsigned long long number;
    c->began = now();
    c->message = mode == DIFFER ? c->request : message;
    c->message_size = mode == DIFFER ? write_request(c->request, ++number) : message_size;
    c->to_send = c->message_size;
    c->to_receive = mode == TUNNEL ? message_size : 0;
    c->held = 0;
}

/* The first member speaks, everybody waits. */
static void begin_room(struct client *clients, int count) {
    missing = count;
    for (int i = 0; i < count; i++) clients[i].to_receive = message_size;
    clients[0].message = message;
    clients[0].message_size = clients[0].to_send = message_size;
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
        const char *rest = c->message + c->message_size - c->to_send;
        ssize_t sent = give(c, rest, c->to_send);
        if (sent < 0 && errno != EAGAIN) die("send");
        if (sent < 0) break;
        c->to_send -= (size_t)sent;
    }
    uint32_t wanted = EPOLLIN | (c->to_send ? (uint32_t)EPOLLOUT : 0);
    if (wanted != *watched) watch(poll, EPOLL_CTL_MOD, c->fd, wanted, c);
    *watched = wanted;
}

/* Takes bytes of a response's head, until it is complete; then the rest of its body is known. */
static void take_response_head(struct client *c, ssize_t size) {
    c->held += (int)size;
    c->head[c->held] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end && c->held < HEAD - 1) {
        c->to_receive = SIZE_MAX;
        return;
    }
    char *length = end ? strcasestr(c->head, "\r\ncontent-length:") : NULL;
    size_t whole = length ? strtoul(length + 17, NULL, 10) : 0;
    size_t here = end ? (size_t)(c->held - (end + 4 - c->head)) : 0;
    size_t wanted = mode == POST ? SMALL_PAGE : size_asked;
    if (strncmp(c->head, "HTTP/1.1 200", 12) != 0 || whole != wanted || here > whole) {
        fprintf(stderr, "load: unexpected response: %.200s\n", c->head);
        exit(1);
    }
    c->to_receive = whole - here;
    c->held = 0;
}

/* Takes some of what has come of a response: 1 if it is whole, 0 if nothing was there. */
static int pull_response(struct client *c) {
    int is_head = c->to_receive == 0 || c->to_receive == SIZE_MAX;
    ssize_t size = is_head ? take(c, c->head + c->held, (size_t)(HEAD - 1 - c->held))
                           : take(c, buffer, BUFFER);
    if (size < 0 && errno == EAGAIN) return 0;
    if (size <= 0) die("the proxy hung up");
    if (is_head) take_response_head(c, size);
    else c->to_receive -= (size_t)size;
    return c->to_receive == 0 ? 1 : -1;
}

static int pull_message(struct client *c) {
    ssize_t size = take(c, buffer, BUFFER);
    if (size < 0 && errno == EAGAIN) return 0;
    if (size <= 0) die("the proxy hung up");
    c->to_receive -= (size_t)size;
    return c->to_receive == 0 ? 1 : -1;
}

/* Whether the message or the response has come back whole. What TLS has read already, epoll does not
 * know of; so with TLS everything is taken.
 */
static int pulled(struct client *c) {
    int found;
    do found = mode >= GET ? pull_response(c) : pull_message(c);
    while (found < 0 && c->tls);
    return found > 0;
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
    begin(c);
    c->fd = connect_to(port);
    quick(c->fd);
    if (mode >= FULL) {
        c->tls = tls_begin(c->fd, mode == RESUME);
        tls_shake(c->tls, 0); /* only its first message */
    } else if (send(c->fd, c->message, c->message_size, MSG_NOSIGNAL) < 0) {
        die("send");
    }
    watch(poll, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
}

/* Whether the response is whole and the proxy has ended the connection, as it was asked to. */
static int is_answered(struct client *c) {
    if (c->held >= 0) { /* below: only the end is missing */
        if (pulled(c)) c->held = -1;
        return 0;
    }
    ssize_t size = recv(c->fd, buffer, BUFFER, 0);
    if (size > 0) die("more than a response");
    return size == 0 || errno != EAGAIN;
}

/* Whether the tunnel has ended; it is half-closed as soon as it is one. */
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

/* Whether the proxy has ended the connection, as we have once it was secure; what else came (tickets)
 * is not looked at.
 */
static int is_shaken(struct client *c) {
    if (c->tls) {
        if (!tls_shake(c->tls, mode == RESUME)) return 0;
        tls_end(c->tls);
        c->tls = NULL;
        shutdown(c->fd, SHUT_WR);
    }
    ssize_t size = recv(c->fd, buffer, BUFFER, 0);
    return size == 0 || (size < 0 && errno != EAGAIN);
}

static int is_finished(struct client *c) {
    return mode >= FULL ? is_shaken(c) : mode == FRESH ? is_answered(c) : is_over(c);
}

static void run_connections(struct client *clients, int count, int port, double seconds) {
    int poll = epoll_create1(0);
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < count; i++) open_next(poll, &clients[i], port);
    while (is_time_left(end)) {
        struct epoll_event events[BATCH];
        int ready = epoll_wait(poll, events, BATCH, 100);
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (!is_finished(c)) continue;
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
} MODES[] = {{"tunnel", 6}, {"room", 6},   {"upgrade", 5}, {"idle", 4},
             {"get", 8},    {"differ", 8}, {"post", 8},    {"fresh", 8},
             {"full", 5},   {"resume", 5}};

static int usage(void) {
    fputs("usage: load worker | tunnel PORT COUNT SIZE SECONDS | room PORT COUNT SIZE SECONDS\n"
          "       | upgrade PORT COUNT SECONDS | idle PORT COUNT\n"
          "       | get|differ|post|fresh PORT COUNT SIZE SECONDS HOST PATH\n"
          "       load tls tunnel|room|idle|get|differ|post ... | full|resume PORT COUNT SECONDS\n",
          stderr);
    return 2;
}

/* What every client sends. */
static void prepare_message(void) {
    message = calloc(1, HEAD + LARGEST);
    if (size_asked > LARGEST) size_asked = LARGEST;
    message_size = size_asked;
    if (mode == UPGRADES) message_size = strlen(strcpy(message, UPGRADE));
    if (mode >= GET) message_size = write_request(message, 0);
    if (mode == POST) message_size += size_asked;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "worker") == 0) {
        worker();
        return 0;
    }
    is_secure = argc > 1 && strcmp(argv[1], "tls") == 0;
    if (is_secure && !tls_exists) {
        fputs("load: compiled without TLS\n", stderr);
        return 2;
    }
    argc -= is_secure;
    argv += is_secure;
    if (argc < 4) return usage();
    int modes = sizeof MODES / sizeof *MODES, wanted = 0;
    while (wanted < modes && strcmp(MODES[wanted].name, argv[1]) != 0) wanted++;
    if (wanted == modes || argc != MODES[wanted].words) return usage();
    mode = wanted;
    int is_shaking = mode >= FULL, is_kept = mode != UPGRADES && mode != FRESH && !is_shaking;
    if (is_secure ? !is_kept && !is_shaking : is_shaking) return usage();
    int port = atoi(argv[2]), count = atoi(argv[3]);
    size_asked = argc >= 6 ? strtoul(argv[4], NULL, 10) : 0;
    double seconds = argc >= 6 ? atof(argv[5]) : atof(argv[argc - 1]);
    host = argc == 8 ? argv[6] : "";
    path = argc == 8 ? argv[7] : "";
    prepare_message();
    if (mode == RESUME) tls_fetch_ticket(connect_to(port));
    struct client *clients = calloc((size_t)count, sizeof *clients);
    for (int i = 0; i < count && is_kept; i++) {
        clients[i].fd = connect_to(port);
        if (is_secure) {
            clients[i].tls = tls_begin(clients[i].fd, 0);
            tls_shake(clients[i].tls, 0); /* the socket waits */
        }
        if (mode < GET) upgrade(&clients[i], mode == ROOM ? ENTER : UPGRADE);
        quick(clients[i].fd);
    }
    wait_for_go();
    if (!is_kept) run_connections(clients, count, port, seconds);
    else if (mode != IDLE) run(clients, count, seconds);
    getchar(); /* the connections stay until the other side has looked */
    return 0;
}
