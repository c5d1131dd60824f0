/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * feed-server.c -- serves lists over HTTP, and misbehaves as it is asked to
 *
 *     feed-server FOLDER LOG [CERTIFICATE KEY]
 *
 * Listens on a free port of 127.0.0.1, prints its number, and serves until it is killed; with a
 * certificate and its key over TLS. LOG gets a line for each question: its path, and the validators
 * and the key in it. The path is /HOW/FILE:
 *
 *     ok       the file, with an ETag; 304 if the client has it
 *     bare     the file, without a length or an ETag (HTTP/1.0)
 *     cut      half of the file, though its length is said
 *     chunks   half of the file in chunks, and no last one
 *     short    half of the file, and that is said to be all
 *     encoded  the file, which is said to be compressed with gzip
 *     slow     the file, an octet each 50 ms
 *     silent   nothing
 *     300 404 500  that status, with a page
 *     page     a page of HTML, with status 200
 *     loop     a redirect to itself
 *     moved    a redirect to /ok/FILE
 *     down     a redirect to the same on http
 *     locked   the file for those who send "Auth-Key: secret", else 403
 */

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { QUESTION_MAX = 1 << 14, FILE_MAX = 1 << 26 };

static const char PAGE[] = "<!DOCTYPE html>\n<html><body>evil.example</body></html>\n";

struct client {
	int fd;
	SSL *tls; /* NULL: none */
};

struct question {
	char text[QUESTION_MAX];
	char how[64], file[256];
};

static const char *folder, *log_path;
static int port;

/* ---- octets in and out ---- */

static ssize_t get(const struct client *client, void *octets, size_t size)
{
	return client->tls != NULL ? SSL_read(client->tls, octets, (int)size)
				   : read(client->fd, octets, size);
}

static void put(const struct client *client, const void *octets, size_t size)
{
	const char *at = octets;
	while (size > 0) {
		ssize_t done = client->tls != NULL ? SSL_write(client->tls, at, (int)size)
						   : write(client->fd, at, size);
		if (done <= 0)
			exit(0); /* the client has gone, as some should */
		at += done;
		size -= (size_t)done;
	}
}

__attribute__((format(printf, 2, 3))) static void say(
    const struct client *client, const char *format, ...)
{
	char text[1024];
	va_list args;
	va_start(args, format);
	int size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(client, text, (size_t)size);
}

/* ---- the question ---- */

/* The value of a header, or "". */
static const char *header(const struct question *question, const char *name, char value[static 256])
{
	value[0] = '\0';
	for (const char *line = strchr(question->text, '\n'); line != NULL;
	     line = strchr(line + 1, '\n'))
		if (strncasecmp(line + 1, name, strlen(name)) == 0 &&
		    sscanf(line + 1 + strlen(name), ": %255[^\r\n]", value) == 1)
			break;
	return value;
}

static bool read_question(const struct client *client, struct question *question)
{
	size_t used = 0;
	do {
		ssize_t got = get(client, question->text + used, sizeof(question->text) - 1 - used);
		if (got <= 0)
			return false;
		used += (size_t)got;
		question->text[used] = '\0';
	} while (strstr(question->text, "\r\n\r\n") == NULL);
	return sscanf(question->text, "GET /%63[^/ ]/%255[^ ]", question->how, question->file) == 2;
}

static void note(const struct question *question)
{
	char etag[256], key[256];
	FILE *out = fopen(log_path, "a");
	if (out == NULL)
		exit(1);
	fprintf(out, "/%s/%s etag=%s key=%s\n", question->how, question->file,
	    header(question, "If-None-Match", etag), header(question, "Auth-Key", key));
	fclose(out);
}

/* ---- the answer ---- */

static char *read_file(const char *name, size_t *size, struct stat *st)
{
	char path[1024], *octets = malloc(FILE_MAX);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *in = fopen(path, "r");
	if (in == NULL || octets == NULL || fstat(fileno(in), st) != 0)
		exit(1);
	*size = fread(octets, 1, FILE_MAX, in);
	fclose(in);
	return octets;
}

static void give_page(const struct client *client, const char *status)
{
	say(client, "HTTP/1.1 %s X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status,
	    sizeof(PAGE) - 1, PAGE);
}

static void redirect(
    const struct client *client, const char *scheme, const char *path, const char *file)
{
	say(client,
	    "HTTP/1.1 302 Found\r\nLocation: %s://127.0.0.1:%d/%s/%s\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n",
	    scheme, port, path, file);
}

static void give_slowly(const struct client *client, const char *octets, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		put(client, octets + i, 1);
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	}
}

static void give_file(const struct client *client, const struct question *question)
{
	const char *how = question->how;
	char etag[64], has[256];
	struct stat st;
	size_t size;
	char *octets = read_file(question->file, &size, &st);
	snprintf(etag, sizeof(etag), "\"%zx-%lx.%lx\"", size, (long)st.st_mtime,
	    (long)st.st_mtim.tv_nsec);
	if (strcmp(how, "bare") == 0) {
		say(client, "HTTP/1.0 200 OK\r\n\r\n");
	} else if (strcmp(how, "chunks") == 0) {
		say(client, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", size);
		size /= 2;
	} else if (strcmp(header(question, "If-None-Match", has), etag) == 0) {
		say(client, "HTTP/1.1 304 Not Modified\r\nETag: %s\r\nConnection: close\r\n\r\n",
		    etag);
		size = 0;
	} else {
		if (strcmp(how, "short") == 0)
			size /= 2;
		say(client,
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nETag: %s\r\n%sConnection: "
		    "close\r\n\r\n",
		    size, etag, strcmp(how, "encoded") == 0 ? "Content-Encoding: gzip\r\n" : "");
		if (strcmp(how, "cut") == 0)
			size /= 2;
	}
	if (strcmp(how, "slow") == 0)
		give_slowly(client, octets, size);
	else
		put(client, octets, size);
	free(octets);
}

static void answer(const struct client *client, const struct question *question)
{
	const char *how = question->how, *scheme = client->tls != NULL ? "https" : "http";
	char key[256];
	if (strcmp(how, "300") == 0 || strcmp(how, "404") == 0 || strcmp(how, "500") == 0)
		give_page(client, how);
	else if (strcmp(how, "page") == 0)
		give_page(client, "200");
	else if (strcmp(how, "loop") == 0)
		redirect(client, scheme, "loop", question->file);
	else if (strcmp(how, "moved") == 0)
		redirect(client, scheme, "ok", question->file);
	else if (strcmp(how, "down") == 0)
		redirect(client, "http", "ok", question->file);
	else if (strcmp(how, "silent") == 0)
		pause();
	else if (strcmp(how, "locked") == 0 &&
		 strcmp(header(question, "Auth-Key", key), "secret") != 0)
		give_page(client, "403");
	else
		give_file(client, question);
}

/* ---- the server ---- */

static void serve(int fd, SSL_CTX *tls)
{
	struct client client = {.fd = fd};
	struct question question = {.how = ""};
	if (tls != NULL) {
		client.tls = SSL_new(tls);
		if (SSL_set_fd(client.tls, fd) != 1 || SSL_accept(client.tls) != 1)
			exit(0); /* a client that does not trust us */
	}
	if (read_question(&client, &question)) {
		note(&question);
		answer(&client, &question);
	}
	if (client.tls != NULL)
		SSL_shutdown(client.tls);
	exit(0);
}

static SSL_CTX *open_tls(const char *certificate, const char *key)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
	if (tls == NULL || SSL_CTX_use_certificate_file(tls, certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
		exit(1);
	return tls;
}

static int listen_somewhere(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 16) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		exit(1);
	port = ntohs(address.sin_port);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 5)
		return 2;
	folder = argv[1];
	log_path = argv[2];
	SSL_CTX *tls = argc == 5 ? open_tls(argv[3], argv[4]) : NULL;
	int listener = listen_somewhere();
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	printf("%d\n", port);
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0 && errno != EINTR && errno != ECONNABORTED)
			return 1;
		if (fd >= 0 && fork() == 0) {
			close(listener);
			serve(fd, tls);
		}
		if (fd >= 0)
			close(fd);
	}
}
