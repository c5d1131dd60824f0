/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log-dnstap.c -- query logs: dnstap, one message of dnstap.proto (dnstap.info) a frame
 *
 * Of its forty fields eight are needed, so that they are read by hand (protobuf.dev, "Encoding"). A
 * client's question and the answer to it are two messages; some servers log only the one or the
 * other.
 */

#include "log-format.h"

/* Wire types of protobuf. */
enum { VARINT = 0, FIXED64 = 1, OCTETS = 2, FIXED32 = 5 };

enum { CLIENT_QUERY = 5, CLIENT_RESPONSE = 6 };

struct cursor {
	const uint8_t *at, *end;
};

/* A field: its number, and its value or its octets. */
struct field {
	uint64_t number;
	uint64_t value;
	struct cursor octets; /* empty if it is a number */
};

/* What of a Message is of use. */
struct message {
	uint64_t type;
	uint64_t query_seconds, query_nanoseconds, response_seconds, response_nanoseconds;
	struct cursor client, query, response;
};

static size_t left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

static bool take_varint(struct cursor *from, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && from->at < from->end; shift += 7) {
		uint8_t octet = *from->at++;
		*value |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80)
			return true;
	}
	return false;
}

/* Least significant octet first. */
static bool take_fixed(struct cursor *from, unsigned size, uint64_t *value)
{
	*value = 0;
	if (left(from) < size)
		return false;
	for (unsigned i = 0; i < size; i++)
		*value |= (uint64_t)*from->at++ << 8 * i;
	return true;
}

static bool take_octets(struct cursor *from, struct cursor *octets)
{
	uint64_t size;
	if (!take_varint(from, &size) || size > left(from))
		return false;
	*octets = (struct cursor){from->at, from->at + size};
	from->at += size;
	return true;
}

static bool take_field(struct cursor *from, struct field *field)
{
	uint64_t key;
	*field = (struct field){0};
	if (!take_varint(from, &key))
		return false;
	field->number = key >> 3;
	switch (key & 7) {
	case VARINT:
		return take_varint(from, &field->value);
	case FIXED64:
		return take_fixed(from, 8, &field->value);
	case FIXED32:
		return take_fixed(from, 4, &field->value);
	case OCTETS:
		return take_octets(from, &field->octets);
	default:
		return false;
	}
}

static bool read_message(struct cursor from, struct message *message)
{
	struct field field;
	*message = (struct message){0};
	while (from.at < from.end) {
		if (!take_field(&from, &field))
			return false;
		switch (field.number) {
		case 1:
			message->type = field.value;
			break;
		case 4:
			message->client = field.octets;
			break;
		case 8:
			message->query_seconds = field.value;
			break;
		case 9:
			message->query_nanoseconds = field.value;
			break;
		case 10:
			message->query = field.octets;
			break;
		case 12:
			message->response_seconds = field.value;
			break;
		case 13:
			message->response_nanoseconds = field.value;
			break;
		case 14:
			message->response = field.octets;
			break;
		}
	}
	return true;
}

/* ---- the question ---- */

static bool read_client(struct cursor octets, uint8_t client[static BT_ADDRESS_SIZE])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	if (left(&octets) != 4 && left(&octets) != BT_ADDRESS_SIZE)
		return false;
	memcpy(client, mapped, sizeof(mapped));
	memcpy(client + BT_ADDRESS_SIZE - left(&octets), octets.at, left(&octets));
	return true;
}

static bool read_time(const struct message *message, int64_t *time)
{
	bool asked = message->query_seconds != 0;
	uint64_t seconds = asked ? message->query_seconds : message->response_seconds;
	uint64_t rest = asked ? message->query_nanoseconds : message->response_nanoseconds;
	if (seconds == 0 || seconds > INT64_MAX / 1000000 || rest >= 1000000000)
		return false;
	*time = (int64_t)(seconds * 1000 + rest / 1000000);
	return true;
}

/* The first question of a message (RFC 1035 4.1). */
static enum bt_log_said read_question(
    struct bt_log_source *source, struct cursor from, struct bt_log_query *query)
{
	enum { HEADER = 12, OPCODE = 0x78, TYPE_AND_CLASS = 4 };
	if (left(&from) < HEADER)
		return bt_log_bad(source, "the DNS message is cut off");
	if ((from.at[2] & OPCODE) != 0 || from.at[4] + from.at[5] == 0)
		return BT_LOG_OTHER;
	from.at += HEADER;
	enum bt_name_status status = bt_key_from_wire(&query->key, from.at, left(&from));
	if (status != BT_NAME_OK)
		return bt_log_bad(source, bt_name_reason(status));
	from.at += query->key.len + 1;
	if (left(&from) < TYPE_AND_CLASS)
		return bt_log_bad(source, "the DNS message is cut off");
	query->qtype = (uint16_t)(from.at[0] << 8 | from.at[1]);
	return BT_LOG_QUERY;
}

enum bt_log_said bt_log_dnstap(
    struct bt_log_source *source, const char *at, size_t size, struct bt_log_query *query)
{
	struct cursor from = {(const uint8_t *)at, (const uint8_t *)at + size}, inner = {0};
	struct message message;
	struct field field;
	while (from.at < from.end) {
		if (!take_field(&from, &field))
			return bt_log_bad(source, "is no dnstap message");
		if (field.number == 14)
			inner = field.octets;
	}
	if (inner.at == NULL || !read_message(inner, &message))
		return bt_log_bad(source, "is no dnstap message");
	if (message.type != CLIENT_QUERY && message.type != CLIENT_RESPONSE)
		return BT_LOG_OTHER;
	bool reply = message.type == CLIENT_RESPONSE;
	struct cursor dns = message.query.at != NULL ? message.query : message.response;
	if (dns.at == NULL)
		return bt_log_bad(source, "has no DNS message");
	if (!read_client(message.client, query->client))
		return bt_log_bad(source, "has no client's address");
	if (!read_time(&message, &query->time))
		return bt_log_bad(source, "has no time");
	enum bt_log_said said = read_question(source, dns, query);
	return said == BT_LOG_QUERY && reply ? BT_LOG_REPLY : said;
}
