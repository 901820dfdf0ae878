// A small web service that counts its visits in its own PostgreSQL database.
//
//   GET /         adds a visit and answers {"visits": N, "greeting": ..., "database": ..., "replica": ...}
//   GET /healthz  200 while the database answers, else 503
//
// Everything it needs comes from the environment: PORT, GREETING, DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD.
// One request a connection, one connection at a time: enough for an example, and easy to read.
#include <arpa/inet.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static PGconn *database;

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

// Connects when there is no connection, or when the last one broke. 0 when the database answers.
static int connected(void) {
    if (database && PQstatus(database) == CONNECTION_OK) return 0;
    if (database) PQfinish(database);
    const char *keys[] = {"host", "port", "dbname", "user", "password", "connect_timeout", "application_name", NULL};
    const char *values[] = {setting("DB_HOST", "127.0.0.1"), setting("DB_PORT", "5432"), setting("DB_NAME", ""),
                            setting("DB_USER", ""), setting("DB_PASSWORD", ""), "3", "visits", NULL};
    database = PQconnectdbParams(keys, values, 0);
    if (PQstatus(database) != CONNECTION_OK) {
        fprintf(stderr, "no database: %s", PQerrorMessage(database));
        return -1;
    }
    PGresult *result = PQexec(database, "SET client_min_messages = warning; CREATE TABLE IF NOT EXISTS visits "
                                        "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT now())");
    int status = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : -1;
    // Two replicas may race to create the table: the loser finds it there.
    if (status != 0) fprintf(stderr, "no table: %s", PQerrorMessage(database));
    PQclear(result);
    return status;
}

// Runs a statement that answers one value. 0, or -1 when it failed.
static int ask(const char *sql, char *answer, size_t size) {
    if (connected() != 0) return -1;
    PGresult *result = PQexec(database, sql);
    int ok = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
    if (ok) snprintf(answer, size, "%s", PQgetvalue(result, 0, 0));
    else fprintf(stderr, "query failed: %s", PQerrorMessage(database));
    PQclear(result);
    return ok ? 0 : -1;
}

static void respond(int client, const char *status, const char *body) {
    char text[2048];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          status, strlen(body), body);
    for (int sent = 0; sent < length;) {
        ssize_t count = write(client, text + sent, (size_t)(length - sent));
        if (count <= 0) return;
        sent += (int)count;
    }
}

static void serve(int client) {
    char request[4096], answer[64], replica[64], body[1024];
    ssize_t length = read(client, request, sizeof request - 1);
    if (length <= 0) return;
    request[length] = 0;
    if (strncmp(request, "GET /healthz ", 13) == 0) {
        int healthy = ask("SELECT 1", answer, sizeof answer) == 0;
        respond(client, healthy ? "200 OK" : "503 Service Unavailable", healthy ? "{\"ok\":true}\n" : "{\"ok\":false}\n");
        return;
    }
    if (strncmp(request, "GET /", 5) != 0) {
        respond(client, "405 Method Not Allowed", "{\"error\":\"only GET\"}\n");
        return;
    }
    const char *sql = "WITH visit AS (INSERT INTO visits DEFAULT VALUES RETURNING id) "
                      "SELECT (SELECT count(*) FROM visits) + (SELECT count(*) FROM visit)";
    if (ask(sql, answer, sizeof answer) != 0) {
        respond(client, "503 Service Unavailable", "{\"error\":\"the database does not answer\"}\n");
        return;
    }
    gethostname(replica, sizeof replica);
    snprintf(body, sizeof body, "{\"visits\":%s,\"greeting\":\"%s\",\"database\":\"%s:%s/%s\",\"replica\":\"%s\"}\n", answer,
             setting("GREETING", "hello"), setting("DB_HOST", ""), setting("DB_PORT", ""), setting("DB_NAME", ""), replica);
    respond(client, "200 OK", body);
    printf("visit %s\n", answer);
    fflush(stdout);
}

// The first process of a container is not ended by a signal that it does not handle.
static void end(int signal) {
    (void)signal;
    _exit(0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, end);
    int port = atoi(setting("PORT", "8080")), yes = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 128) != 0) {
        perror("visits: cannot listen");
        return 1;
    }
    printf("visits listens on port %d\n", port);
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) continue;
        struct timeval limit = {.tv_sec = 5};
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        serve(client);
        close(client);
    }
}
