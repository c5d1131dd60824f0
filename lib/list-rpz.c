/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-rpz.c -- response policy zones as text (draft-vixie-dnsop-dns-rpz; RFC 1035 5.1)
 *
 *     evil.com        CNAME .              the name alone: NXDOMAIN
 *     *.evil.com      CNAME *.             all below it: NODATA
 *     evil.com        CNAME rpz-drop.      no answer; other records: these as the answer
 *     good.evil.com   CNAME rpz-passthru.  an exception
 *
 * Of what the zone would answer, only whether is kept: the list's action says what. As in a zone
 * the longest owner decides; what stands below a wildcard that passes is important, since that is
 * what stands in spite of an exception. Triggers other than names are skipped. ldns reads the
 * records, one by one, so that a bad one costs itself alone.
 */

#include <ldns/ldns.h>
#include <string.h>
#include <strings.h>

#include "intern.h"
#include "list-formats.h"

enum {
	RECORD_MAX = 8192, /* characters of a record, in however many lines */
	TTL = 3600,        /* which no verdict depends on, where a record has none */
};

struct zone {
	struct bt_list_parse *parse;
	bool quiet; /* the first round: nothing is told or handed over */
	ldns_rdf *origin, *owner;
	struct bt_key apex;
	bool has_origin, has_soa;
	bool orphans; /* the last owner was bad, and what follows without one is its */
	struct bt_intern *passed, *blocked; /* wildcards, as the keys of what they are below */
	struct bt_key last; /* what was handed over last, for a name can have several records */
	uint8_t last_scope;
	bool last_except;

	char text[RECORD_MAX + 1]; /* of the record, so far */
	size_t used;
	unsigned line; /* that it begins in */
	bool open;     /* a parenthesis is */
};

/* ---- reasons ---- */

static void bad(const struct zone *z, const char *reason)
{
	if (!z->quiet)
		bt_list_bad(z->parse, z->line, reason);
}

static void skip(const struct zone *z, const char *reason)
{
	if (!z->quiet)
		bt_list_skip(z->parse, z->line, reason);
}

/* ---- names ---- */

static bool key_of(struct bt_key *key, const ldns_rdf *name)
{
	return bt_key_from_wire(key, ldns_rdf_data(name), ldns_rdf_size(name)) == BT_NAME_OK;
}

/* Without its first `octets`, which are whole labels: those of an ancestor. */
static void drop_ancestor(struct bt_key *key, const struct bt_key *ancestor)
{
	key->len = (uint8_t)(key->len - ancestor->len);
	key->labels = (uint8_t)(key->labels - ancestor->labels);
	memmove(key->bytes, key->bytes + ancestor->len, key->len);
}

static bool is_below(const struct bt_key *key, const struct bt_key *ancestor)
{
	return key->len >= ancestor->len && memcmp(key->bytes, ancestor->bytes, ancestor->len) == 0;
}

/* Whether the label at this octet of the key is this text, in lower case. */
static bool has_label(const struct bt_key *key, size_t at, const char *text)
{
	size_t size = strlen(text);
	return at < key->len && key->bytes[at] == size &&
	       memcmp(key->bytes + at + 1, text, size) == 0;
}

static bool is_label(const struct bt_key *key, const char *text)
{
	return key->labels == 1 && has_label(key, 0, text);
}

/* Why the trigger is none that is about names; NULL: it is. */
static const char *why_no_name(const struct bt_key *trigger)
{
	static const struct {
		const char *label, *reason;
	} rows[] = {
	    {"rpz-ip", "a trigger by the address in an answer (rpz-ip)"},
	    {"rpz-client-ip", "a trigger by the client's address (rpz-client-ip)"},
	    {"rpz-nsip", "a trigger by a name server's address (rpz-nsip)"},
	    {"rpz-nsdname", "a trigger by a name server's name (rpz-nsdname)"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (has_label(trigger, 0, rows[i].label))
			return rows[i].reason;
	return NULL;
}

/* ---- rules ---- */

struct rule {
	struct bt_key key;
	uint8_t scope;
	bool passes;
	const char *skipped, *bad; /* why; NULL: it is not */
};

/* "*.evil.com" is below evil.com. */
static void read_scope(struct rule *rule)
{
	size_t parent = bt_key_ancestor(&rule->key, rule->key.labels - 1u);
	rule->scope = BT_SCOPE_EXACT;
	if (!has_label(&rule->key, parent, "*"))
		return;
	rule->scope = BT_SCOPE_BELOW;
	rule->key.len = (uint8_t)parent;
	rule->key.labels--;
	if (rule->key.labels == 0)
		rule->skipped = "a rule for every name";
}

/* "good.com CNAME good.com.", as older zones have it, passes. */
static bool leads_to_itself(const struct rule *rule, const struct bt_key *target)
{
	return rule->scope == BT_SCOPE_EXACT && target->len == rule->key.len &&
	       memcmp(target->bytes, rule->key.bytes, target->len) == 0;
}

static void read_target(const struct zone *z, struct rule *rule, const struct bt_key *target)
{
	struct bt_key relative = *target;
	if (is_label(target, "rpz-passthru") || leads_to_itself(rule, target))
		rule->passes = true;
	else if (is_label(target, "rpz-tcp-only"))
		rule->skipped = "a rule that asks for TCP (rpz-tcp-only)";
	else if (z->apex.len > 0 && is_below(target, &z->apex)) {
		drop_ancestor(&relative, &z->apex);
		if (relative.labels == 1 && memcmp(relative.bytes + 1, "rpz-", 4) == 0)
			rule->bad = "an action without a dot behind, which is a name of the zone";
	}
}

static void read_data(const struct zone *z, struct rule *rule, const ldns_rr *record)
{
	struct bt_key target;
	switch (ldns_rr_get_type(record)) {
	case LDNS_RR_TYPE_CNAME:
		if (ldns_rr_rd_count(record) != 1 || !key_of(&target, ldns_rr_rdf(record, 0)))
			rule->bad = "a CNAME to no name";
		else
			read_target(z, rule, &target);
		break;
	case LDNS_RR_TYPE_RRSIG:
	case LDNS_RR_TYPE_NSEC:
	case LDNS_RR_TYPE_NSEC3:
		rule->skipped = "a signature or a proof, which is no rule";
		break;
	case LDNS_RR_TYPE_SOA:
	case LDNS_RR_TYPE_NS:
	case LDNS_RR_TYPE_DS:
	case LDNS_RR_TYPE_DNAME:
		rule->skipped = "a record that no rule is made of (SOA, NS, DS, DNAME)";
		break;
	default:
		break;
	}
}

static bool has_ancestor(
    const struct bt_intern *wildcards, const struct rule *rule, unsigned labels)
{
	uint32_t id;
	return bt_intern_find(
	    wildcards, (const char *)rule->key.bytes, bt_key_ancestor(&rule->key, labels), &id);
}

/*
 * A rule that blocks is important below a wildcard that passes, and one that passes below a
 * wildcard that is important for that.
 */
static bool is_important(const struct zone *z, const struct rule *rule)
{
	bool passed = false, blocked = false;
	if (bt_intern_count(z->passed) == 0)
		return false;
	for (unsigned labels = 1; labels < rule->key.labels; labels++) {
		blocked |= passed && has_ancestor(z->blocked, rule, labels);
		passed |= has_ancestor(z->passed, rule, labels);
	}
	return rule->passes ? blocked : passed;
}

static bool keep_wildcard(struct zone *z, const struct rule *rule, struct bt_err *err)
{
	struct bt_intern *wildcards = rule->passes ? z->passed : z->blocked;
	uint32_t id;
	return rule->scope != BT_SCOPE_BELOW ||
	       bt_intern_add(wildcards, (const char *)rule->key.bytes, rule->key.len, &id) ||
	       bt_fail(err, "%s: out of memory", z->parse->path);
}

static bool is_last(const struct zone *z, const struct rule *rule)
{
	return z->last.len == rule->key.len && z->last_scope == rule->scope &&
	       z->last_except == rule->passes &&
	       memcmp(z->last.bytes, rule->key.bytes, rule->key.len) == 0;
}

static bool hand_over(struct zone *z, const struct rule *rule, struct bt_err *err)
{
	const struct bt_entry entry = {
	    .key = &rule->key,
	    .scope = rule->scope,
	    .except = rule->passes,
	    .important = is_important(z, rule),
	    .line = z->line,
	};
	if (z->quiet)
		return keep_wildcard(z, rule, err);
	if (is_last(z, rule))
		return true;
	z->last = rule->key;
	z->last_scope = rule->scope;
	z->last_except = rule->passes;
	return bt_list_emit(z->parse, &entry, err);
}

/* ---- records ---- */

/* The first SOA is at the zone's apex, and where nothing else was said, names are relative to it.
 */
static void take_soa(struct zone *z, const ldns_rr *record, const struct bt_key *owner)
{
	if (z->has_soa || ldns_rr_get_type(record) != LDNS_RR_TYPE_SOA)
		return;
	z->has_soa = true;
	z->apex = *owner;
	ldns_rdf *origin = z->has_origin ? NULL : ldns_rdf_clone(ldns_rr_owner(record));
	if (origin == NULL)
		return;
	ldns_rdf_deep_free(z->origin);
	z->origin = origin;
}

static bool read_rule(struct zone *z, const ldns_rr *record, struct bt_err *err)
{
	struct rule rule = {.scope = BT_SCOPE_EXACT};
	if (!key_of(&rule.key, ldns_rr_owner(record))) {
		bad(z, "an owner that is no name");
		return true;
	}
	take_soa(z, record, &rule.key);
	if (!is_below(&rule.key, &z->apex)) {
		bad(z, "a name outside of the zone");
		return true;
	}
	drop_ancestor(&rule.key, &z->apex);
	if (rule.key.labels == 0)
		return true; /* of the zone itself */
	rule.skipped = why_no_name(&rule.key);
	if (rule.skipped == NULL)
		read_scope(&rule);
	if (rule.skipped == NULL)
		read_data(z, &rule, record);
	if (rule.bad == NULL && rule.skipped == NULL)
		return hand_over(z, &rule, err);
	if (rule.bad != NULL)
		bad(z, rule.bad);
	else
		skip(z, rule.skipped);
	return true;
}

static bool read_record(struct zone *z, struct bt_err *err)
{
	bool owned = z->text[0] != ' ' && z->text[0] != '\t';
	ldns_rr *record = NULL;
	if (!owned && z->orphans) {
		bad(z, "a record without an owner, after one that is bad");
		return true;
	}
	ldns_status status = ldns_rr_new_frm_str(&record, z->text, TTL, z->origin, &z->owner);
	z->orphans = status != LDNS_STATUS_OK && owned;
	bool read = true;
	if (status != LDNS_STATUS_OK)
		bad(z, ldns_get_errorstr_by_id(status));
	else if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN)
		bad(z, "a record of another class than IN");
	else
		read = read_rule(z, record, err);
	if (status == LDNS_STATUS_OK)
		ldns_rr_free(record);
	return read;
}

/* ---- directives ---- */

static void read_origin(struct zone *z, struct bt_line word)
{
	char text[BT_LINE_MAX + 1];
	memcpy(text, word.at, word.size);
	text[word.size] = '\0';
	ldns_rdf *origin = NULL;
	if (word.size == 0 || ldns_str2rdf_dname(&origin, text) != LDNS_STATUS_OK) {
		bad(z, "expected a name after $ORIGIN");
		return;
	}
	if (!ldns_dname_str_absolute(text) && ldns_dname_cat(origin, z->origin) != LDNS_STATUS_OK) {
		ldns_rdf_deep_free(origin);
		bad(z, "$ORIGIN too long");
		return;
	}
	if (!z->has_origin && !z->has_soa && !key_of(&z->apex, origin))
		bad(z, "expected a name after $ORIGIN");
	z->has_origin = true;
	ldns_rdf_deep_free(z->origin);
	z->origin = origin;
}

static void read_directive(struct zone *z)
{
	struct bt_line rest = {.at = z->text, .size = z->used};
	struct bt_line word = bt_list_word(&rest);
	if (bt_list_is(word, "$ORIGIN"))
		read_origin(z, bt_list_word(&rest));
	else if (!bt_list_is(word, "$TTL"))
		bad(z, "a directive other than $ORIGIN and $TTL");
}

/* ---- lines ---- */

/*
 * Adds a line to the record: without its comment, and with blanks where parentheses were, which say
 * that the next line belongs to it. NULL, or why it cannot be.
 */
static const char *add_line(struct zone *z, struct bt_line line)
{
	bool quoted = false;
	if (line.size + 1 > RECORD_MAX - z->used)
		return "a record of more than 8192 characters";
	if (z->used > 0)
		z->text[z->used++] = ' ';
	for (size_t i = 0; i < line.size; i++) {
		char c = line.at[i];
		if (c == '\0')
			return "a zero octet";
		if (c == ';' && !quoted)
			break;
		if ((c == '(' || c == ')') && !quoted) {
			if (z->open == (c == '('))
				return "parentheses that do not match";
			z->open = c == '(';
			c = ' ';
		}
		quoted ^= c == '"';
		z->text[z->used++] = c;
		if (c == '\\' && i + 1 < line.size && line.at[i + 1] != '\0')
			z->text[z->used++] = line.at[++i];
	}
	z->text[z->used] = '\0';
	return quoted ? "a quoted text without an end" : NULL;
}

static bool is_empty(const struct zone *z)
{
	return strspn(z->text, " \t") == z->used;
}

static bool end_record(struct zone *z, struct bt_err *err)
{
	bool read = true;
	if (is_empty(z))
		;
	else if (z->text[0] == '$')
		read_directive(z);
	else
		read = read_record(z, err);
	z->used = 0;
	return read;
}

static void drop_record(struct zone *z, const char *reason)
{
	bad(z, reason);
	z->used = 0;
	z->open = false;
	z->orphans = true;
}

/* Lines in parentheses are indented, or numbers: so much for one that is never closed. */
static bool goes_on(struct bt_line line)
{
	return memchr(" \t)0123456789", line.at[0], 13) != NULL;
}

static bool take_line(struct zone *z, struct bt_line line, struct bt_err *err)
{
	if (z->open && !goes_on(line))
		drop_record(z, "a parenthesis without an end");
	if (!z->open)
		z->line = line.number;
	const char *reason = add_line(z, line);
	if (reason != NULL)
		drop_record(z, reason);
	else if (!z->open)
		return end_record(z, err);
	return true;
}

/* ---- rounds ---- */

/* In the first one lines that are bad are passed over: the second one tells of them. */
static bool next_line(struct zone *z, struct bt_lines *lines, struct bt_line *line)
{
	if (!z->quiet)
		return bt_list_next(z->parse, lines, line);
	while (bt_lines_next(lines, line)) {
		while (line->size > 0 && strchr(" \t\r", line->at[line->size - 1]) != NULL &&
		       line->at[line->size - 1] != '\0')
			line->size--;
		if (line->size > 0 && line->at[0] != ';' && line->size <= BT_LINE_MAX && !line->cut)
			return true;
	}
	return false;
}

static void reset(struct zone *z)
{
	ldns_rdf_deep_free(z->origin);
	ldns_rdf_deep_free(z->owner);
	z->origin = z->owner = NULL;
	z->apex = z->last = (struct bt_key){0};
	z->has_origin = z->has_soa = z->orphans = z->open = false;
	z->used = 0;
}

static bool read_round(struct zone *z, struct bt_lines *lines, bool quiet, struct bt_err *err)
{
	reset(z);
	z->quiet = quiet;
	z->origin = ldns_dname_new_frm_str(".");
	bool read = z->origin != NULL || bt_fail(err, "%s: out of memory", z->parse->path);
	for (struct bt_line line; read && next_line(z, lines, &line);)
		read = take_line(z, line, err);
	if (read && z->open)
		drop_record(z, "a parenthesis without an end");
	return read && bt_list_ended(z->parse, lines, err);
}

/* Whether some line speaks of what passes: then it has to be known before what stands below. */
static bool has_passes(struct bt_lines *lines)
{
	static const char action[] = "-passthru";
	enum { SIZE = sizeof(action) - 1 };
	for (struct bt_line line; bt_lines_next(lines, &line);)
		for (const char *end = line.at + line.size, *at = line.at;
		     (at = memchr(at, '-', (size_t)(end - at))) != NULL; at++)
			if (end - at >= SIZE && strncasecmp(at, action, SIZE) == 0)
				return true;
	return false;
}

static bool read_rounds(struct zone *z, struct bt_lines *lines, struct bt_err *err)
{
	bool passes = has_passes(lines);
	if (!bt_list_ended(z->parse, lines, err) || !bt_list_rewind(z->parse, lines, err))
		return false;
	if (passes && (!read_round(z, lines, true, err) || !bt_list_rewind(z->parse, lines, err)))
		return false;
	return read_round(z, lines, false, err);
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	struct zone *z = calloc(1, sizeof(*z));
	if (z == NULL)
		return bt_fail(err, "%s: out of memory", parse->path);
	z->parse = parse;
	z->passed = bt_intern_new();
	z->blocked = bt_intern_new();
	bool read = ((z->passed != NULL && z->blocked != NULL) ||
			bt_fail(err, "%s: out of memory", parse->path)) &&
		    read_rounds(z, lines, err);
	reset(z);
	bt_intern_free(&z->passed);
	bt_intern_free(&z->blocked);
	free(z);
	return read;
}

/* ---- detection ---- */

/* "$TTL 300", "$ORIGIN rpz.example.", "@ 300 IN SOA ..." */
static bool begins(struct bt_line line)
{
	struct bt_line word = bt_list_word(&line);
	if (bt_list_is(word, "$TTL") || bt_list_is(word, "$ORIGIN"))
		return true;
	for (unsigned i = 0; i < 3; i++)
		if (bt_list_is(bt_list_word(&line), "SOA"))
			return line.size > 0;
	return false;
}

/* "evil.com 300 IN CNAME .", and the other actions */
static bool tells(struct bt_line line)
{
	bt_list_word(&line);
	for (unsigned i = 0; i < 3; i++)
		if (bt_list_is(bt_list_word(&line), "CNAME")) {
			struct bt_line target = bt_list_word(&line);
			return bt_list_is(target, ".") || bt_list_is(target, "*.") ||
			       (target.size > 4 && strncasecmp(target.at, "rpz-", 4) == 0);
		}
	return false;
}

const struct bt_list_format bt_list_rpz = {
    .begins = begins, .tells = tells, .comments = ";", .indented = true, .lines = read_lines};
