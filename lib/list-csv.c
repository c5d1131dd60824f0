/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * list-csv.c -- tables, one indicator a row (RFC 4180)
 *
 * What a column is for is said by the header, which is the first row, or a comment before it as
 * ThreatFox and URLhaus (abuse.ch) have it; and before that by who asks for the list. Commas
 * separate the cells, or where the header has none, tabs or semicolons. A domain is the name and
 * all below it, a host the name alone; a URL counts if it is about all of its host. Where a column
 * says of what type a row is, rows of other types are skipped.
 */

#include <stdlib.h>
#include <string.h>

#include "list-meta.h"

enum {
	CELLS_MAX = 256,
	RECORD_MAX = 1 << 16, /* characters of a row, whose quoted cells may have several lines */
};

/* ---- cells ---- */

struct cell {
	const char *at;
	size_t size;
	bool quoted; /* its quotes are gone, but doubled ones in it are still doubled */
};

struct record {
	struct cell cells[CELLS_MAX];
	unsigned count;
	unsigned line;
};

enum state { COMPLETE, OPEN /* a quoted cell goes on in the next line */, BROKEN };

/* From its quote at *at to behind the closing one. */
static enum state read_quoted(const char *text, size_t size, size_t *at, struct cell *cell)
{
	size_t begin = ++*at;
	for (;;) {
		const char *quote = memchr(text + *at, '"', size - *at);
		if (quote == NULL)
			return OPEN;
		*at = (size_t)(quote + 1 - text);
		if (*at == size || text[*at] != '"')
			break;
		++*at;
	}
	*cell = (struct cell){text + begin, *at - 1 - begin, true};
	return COMPLETE;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Blanks around a cell are no part of it: abuse.ch writes them. */
static void skip_blanks(const char *text, size_t size, size_t *at, char separator)
{
	while (*at < size && is_blank(text[*at]) && text[*at] != separator)
		++*at;
}

static struct cell read_plain(const char *text, size_t size, size_t *at, char separator)
{
	const char *end = memchr(text + *at, separator, size - *at);
	size_t begin = *at;
	*at = end != NULL ? (size_t)(end - text) : size;
	size_t last = *at;
	while (last > begin && is_blank(text[last - 1]))
		last--;
	return (struct cell){text + begin, last - begin, false};
}

static enum state read_record(struct record *record, const char *text, size_t size, char separator)
{
	size_t at = 0;
	for (record->count = 0; record->count < CELLS_MAX; at++) {
		struct cell *cell = &record->cells[record->count++];
		skip_blanks(text, size, &at, separator);
		if (at < size && text[at] == '"') {
			enum state state = read_quoted(text, size, &at, cell);
			if (state != COMPLETE)
				return state;
			skip_blanks(text, size, &at, separator);
		} else {
			*cell = read_plain(text, size, &at, separator);
		}
		if (at == size)
			return COMPLETE;
		if (text[at] != separator)
			return BROKEN;
	}
	return BROKEN;
}

/* Undoes doubled quotes, into `room` octets where there are some; what does not fit is cut. */
static struct bt_line text_of(const struct cell *cell, char *room, size_t size)
{
	struct bt_line text = {.at = cell->at, .size = cell->size};
	if (!cell->quoted || memchr(cell->at, '"', cell->size) == NULL)
		return text;
	size_t used = 0;
	for (size_t i = 0; i < cell->size && used < size; i++) {
		room[used++] = cell->at[i];
		i += cell->at[i] == '"';
	}
	return (struct bt_line){.at = room, .size = used};
}

/* ---- columns ---- */

/* What a column can be for, and else: a key of metadata. */
static const char DOMAIN[] = "domain", HOST[] = "host", URL[] = "url", INDICATOR[] = "indicator",
		  TYPE[] = "type";

static const struct {
	const char *name, *meaning;
} known[] = {
    {"domain", DOMAIN},
    {"domain_name", DOMAIN},
    {"host", HOST},
    {"hostname", HOST},
    {"fqdn", HOST},
    {"url", URL},
    {"indicator", INDICATOR},
    {"ioc", INDICATOR},
    {"ioc_value", INDICATOR},
    {"type", TYPE},
    {"ioc_type", TYPE},
    {"indicator_type", TYPE},
    {"family", "family"},
    {"malware", "family"},
    {"malware_family", "family"},
    {"malware_printable", "family"},
    {"campaign", "campaign"},
    {"actor", "actor"},
    {"threat_actor", "actor"},
    {"confidence", "confidence"},
    {"confidence_level", "confidence"},
    {"first_seen", "first-reported"},
    {"first_seen_utc", "first-reported"},
    {"first_reported", "first-reported"},
    {"dateadded", "first-reported"},
    {"expires", "expires"},
    {"valid_until", "expires"},
    {"reference", "reference"},
    {"urlhaus_link", "reference"},
    {"source", "source"},
    {"note", "note"},
    {"description", "note"},
    {"tags", "note"},
};

struct columns {
	const char *meaning[CELLS_MAX]; /* NULL: of no interest */
	unsigned count;                 /* 0: not known yet */
	char separator;
};

static bool is_name_column(const char *meaning)
{
	return meaning == DOMAIN || meaning == HOST || meaning == URL || meaning == INDICATOR;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c == ' ' || c == '-' ? '_' : c;
}

/* "first_seen" is "First Seen" and "first-seen". */
static bool is_called(struct bt_line cell, const char *name)
{
	if (cell.size != strlen(name))
		return false;
	for (size_t i = 0; i < cell.size; i++)
		if (fold(cell.at[i]) != fold(name[i]))
			return false;
	return true;
}

/* The meaning that the asker's word for it has, as one of the constants above. */
static const char *meaning_of(const char *key)
{
	static const char *const names[] = {DOMAIN, HOST, URL, INDICATOR, TYPE};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(key, names[i]) == 0)
			return names[i];
	return key;
}

static char separator_of(struct bt_line header)
{
	static const char separators[] = ",\t;";
	for (const char *c = separators; *c != '\0'; c++)
		if (memchr(header.at, *c, header.size) != NULL)
			return *c;
	return ',';
}

/* Whether some column has a name; one that is asked for by its number needs no header. */
static bool has_name(const struct columns *columns)
{
	for (unsigned i = 0; i < columns->count; i++)
		if (is_name_column(columns->meaning[i]))
			return true;
	return false;
}

/* "First seen": what no name, date or URL looks like. */
static bool is_title(struct bt_line cell)
{
	for (size_t i = 0; i < cell.size; i++) {
		char c = cell.at[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-' && c != ' ')
			return false;
	}
	return true;
}

/* What the header says. False: it is none, as no column has names, or it has other things. */
static bool read_header(struct columns *columns, const struct record *header)
{
	struct columns read = {.count = header->count, .separator = columns->separator};
	for (unsigned i = 0; i < header->count; i++) {
		struct bt_line cell = text_of(&header->cells[i], NULL, 0);
		if (!is_title(cell))
			return false;
		for (size_t j = 0; j < sizeof(known) / sizeof(*known); j++)
			if (is_called(cell, known[j].name))
				read.meaning[i] = known[j].meaning;
	}
	if (has_name(&read))
		*columns = read;
	return has_name(&read);
}

/*
 * What the asker says, over what the header does: columns by their names in it, or by numbers.
 * *named: some are by name. NULL, or what the asker calls a column that is not there.
 */
static const char *ask_columns(struct columns *columns, const struct bt_list_reader *reader,
    const struct record *header, bool *named)
{
	*named = false;
	for (unsigned i = 0; i < reader->column_count; i++) {
		const struct bt_pair *asked = &reader->columns[i];
		char *end;
		unsigned long number = strtoul(asked->value, &end, 10);
		bool found = false, by_name = *end != '\0';
		*named |= by_name;
		for (unsigned c = 0; c < header->count; c++) {
			struct bt_line cell = text_of(&header->cells[c], NULL, 0);
			if (by_name ? !is_called(cell, asked->value) : c + 1 != number)
				continue;
			columns->meaning[c] = meaning_of(asked->key);
			columns->count = header->count;
			found = true;
		}
		if (!found)
			return asked->value;
	}
	return NULL;
}

/* ---- rows ---- */

struct row {
	struct bt_line name;
	const char *meaning; /* of the column that it is in */
	struct bt_line type;
	struct bt_list_meta meta;
};

static void read_cells(struct row *row, const struct columns *columns, const struct record *record)
{
	char room[BT_LINE_MAX];
	row->meaning = NULL;
	row->type.size = 0;
	row->meta.count = 0;
	row->meta.used = 0;
	for (unsigned i = 0; i < record->count && i < columns->count; i++) {
		const char *meaning = columns->meaning[i];
		if (meaning == NULL)
			continue;
		struct bt_line text = text_of(&record->cells[i], room, sizeof(room));
		if (meaning == TYPE) {
			row->type = text_of(&record->cells[i], NULL, 0);
		} else if (!is_name_column(meaning)) {
			bt_list_meta_add(&row->meta, meaning, text);
		} else if (row->meaning == NULL && text.size > 0) {
			row->name = text_of(&record->cells[i], NULL, 0);
			row->meaning = meaning;
		}
	}
}

/* What a row with an indicator of this type is about. NULL: no name. */
static const char *meaning_of_type(struct bt_line type)
{
	static const struct {
		const char *type, *meaning;
	} types[] = {
	    {"domain", DOMAIN},
	    {"domain-name", DOMAIN},
	    {"host", HOST},
	    {"hostname", HOST},
	    {"fqdn", HOST},
	    {"url", URL},
	};
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (bt_list_is(type, types[i].type))
			return types[i].meaning;
	return NULL;
}

/* NULL, or why the row is skipped; then what its name is, and as what. */
static const char *settle(const struct bt_list_parse *parse, struct row *row)
{
	if (row->meaning == INDICATOR)
		row->meaning = row->type.size > 0 ? meaning_of_type(row->type) : DOMAIN;
	if (row->meaning == NULL)
		return "an indicator that is no name";
	return row->meaning == URL ? bt_list_host_of_url(parse, &row->name, row->name) : NULL;
}

static bool read_row(struct bt_list_parse *parse, const struct columns *columns,
    const struct record *record, struct bt_err *err)
{
	struct row row;
	read_cells(&row, columns, record);
	if (row.meaning == NULL) {
		bt_list_bad(parse, record->line, "a row without a name");
		return true;
	}
	const char *skipped = settle(parse, &row);
	if (skipped != NULL) {
		bt_list_skip(parse, record->line, skipped);
		return true;
	}
	struct bt_key key;
	bool tree = row.meaning == DOMAIN;
	row.name.number = record->line;
	const struct bt_entry entry = {.key = &key,
	    .scope = tree ? BT_SCOPE_SUBTREE : BT_SCOPE_EXACT,
	    .pairs = row.meta.pairs,
	    .pair_count = row.meta.count,
	    .line = record->line};
	return !bt_list_key(parse, &key, row.name, tree) || bt_list_emit(parse, &entry, err);
}

/* ---- the table ---- */

struct table {
	struct bt_list_parse *parse;
	struct columns columns;
	bool begun; /* a row was read that was no comment */
	struct record record;
	char *text; /* of a row with several lines: malloc'ed, RECORD_MAX */
	size_t used;
	unsigned line; /* that it begins in */
};

/* The first row is the header, if it is one; else all has to be known from before. */
static bool read_first(struct table *t, struct bt_err *err)
{
	t->begun = true;
	if (t->columns.count > 0)
		return read_row(t->parse, &t->columns, &t->record, err);
	bool named, header = read_header(&t->columns, &t->record);
	const char *missing = ask_columns(&t->columns, t->parse->reader, &t->record, &named);
	if (missing != NULL)
		return bt_fail(err, "%s:%u: there is no column \"%s\"", t->parse->path,
		    t->record.line, missing);
	if (!has_name(&t->columns))
		return bt_fail(err,
		    "%s:%u: expected a header with a column such as domain, host, url or "
		    "indicator, or to be told the columns",
		    t->parse->path, t->record.line);
	return header || named || read_row(t->parse, &t->columns, &t->record, err);
}

static bool take_record(struct table *t, unsigned line, struct bt_err *err)
{
	t->record.line = line;
	return t->begun ? read_row(t->parse, &t->columns, &t->record, err) : read_first(t, err);
}

/* A line that begins a row, or is all of it. The first line of all shows what separates cells. */
static bool begin_row(struct table *t, struct bt_line line, struct bt_err *err)
{
	if (!t->begun && t->columns.count == 0)
		t->columns.separator = separator_of(line);
	switch (read_record(&t->record, line.at, line.size, t->columns.separator)) {
	case COMPLETE:
		return take_record(t, line.number, err);
	case OPEN:
		memcpy(t->text, line.at, line.size);
		t->used = line.size;
		t->line = line.number;
		return true;
	case BROKEN:
		break;
	}
	bt_list_bad(t->parse, line.number, "a row whose quotes or number of cells cannot be");
	return true;
}

/* A line that goes on with a row; one that cannot be is where the next row begins. */
static bool go_on(struct table *t, struct bt_line line, struct bt_err *err)
{
	enum state state = BROKEN;
	if (line.size < RECORD_MAX - t->used) {
		t->text[t->used++] = '\n';
		memcpy(t->text + t->used, line.at, line.size);
		t->used += line.size;
		state = read_record(&t->record, t->text, t->used, t->columns.separator);
	}
	if (state == OPEN)
		return true;
	t->used = 0;
	if (state == COMPLETE)
		return take_record(t, t->line, err);
	bt_list_bad(t->parse, t->line, "a quoted cell without an end");
	return begin_row(t, line, err);
}

/* A comment may be the header. */
static void read_comment(struct table *t, struct bt_line line)
{
	struct record header;
	while (line.size > 0 && (line.at[0] == '#' || line.at[0] == ' ')) {
		line.at++;
		line.size--;
	}
	struct columns columns = {.separator = separator_of(line)};
	bool named;
	if (!t->begun && read_record(&header, line.at, line.size, columns.separator) == COMPLETE &&
	    header.count > 1 && read_header(&columns, &header) &&
	    ask_columns(&columns, t->parse->reader, &header, &named) == NULL)
		t->columns = columns;
}

static bool read_table(struct table *t, struct bt_lines *lines, struct bt_err *err)
{
	for (struct bt_line line; bt_list_next(t->parse, lines, &line);) {
		if (t->used > 0) {
			if (!go_on(t, line, err))
				return false;
		} else if (line.at[0] == '#') {
			read_comment(t, line);
		} else if (!begin_row(t, line, err)) {
			return false;
		}
	}
	if (t->used > 0)
		bt_list_bad(t->parse, t->line, "a quoted cell without an end");
	return bt_list_ended(t->parse, lines, err);
}

static bool read_lines(struct bt_list_parse *parse, struct bt_lines *lines, struct bt_err *err)
{
	struct table *t = calloc(1, sizeof(*t));
	char *text = malloc(RECORD_MAX);
	bool read = (t != NULL && text != NULL) || bt_fail(err, "%s: out of memory", parse->path);
	if (read) {
		t->parse = parse;
		t->columns.separator = ',';
		t->text = text;
		read = read_table(t, lines, err);
	}
	free(text);
	free(t);
	return read;
}

/* A header; of comments, only such as nobody writes for another reason. */
static bool begins(struct bt_line line)
{
	struct columns columns = {.separator = separator_of(line)};
	struct record header;
	if (line.size > 0 && line.at[0] == '#')
		return memmem(line.at, line.size, "ioc_value", 9) != NULL ||
		       memmem(line.at, line.size, "urlhaus_link", 12) != NULL;
	return line.size <= BT_LINE_MAX &&
	       read_record(&header, line.at, line.size, columns.separator) == COMPLETE &&
	       header.count > 1 && read_header(&columns, &header);
}

const struct bt_list_format bt_list_csv = {
    .begins = begins, .comments = "", .indented = true, .lines = read_lines};
