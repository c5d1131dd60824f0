/* SPDX-License-Identifier: BSD-3-Clause */
/* out-json.c -- a report for programs: one object, times in RFC 3339 and UTC */

#include "decided.h"
#include "json.h"
#include "out.h"

static json_t *time_value(bool known, int64_t time)
{
	char text[BT_TIME_TEXT];
	return known ? json_string(bt_time_rfc3339(text, time)) : json_null();
}

static json_t *cell_value(struct bt_cell cell)
{
	if (!cell.known)
		return cell.kind == BT_CELL_TEXT ? json_string("") : json_null();
	switch (cell.kind) {
	case BT_CELL_TEXT:
		return bt_json_text(cell.text);
	case BT_CELL_COUNT:
		return bt_json_number(cell.count);
	case BT_CELL_TIME:
		return time_value(true, cell.time);
	case BT_CELL_DURATION:
		return json_real((double)cell.time / 1000);
	default:
		return json_real(cell.ratio);
	}
}

/* Takes over the value. False if memory ran out. */
static bool set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static json_t *endpoint_object(const struct bt_view *view, const struct bt_report_endpoint *who)
{
	const struct bt_column *columns[BT_COLUMNS_MAX];
	size_t count = bt_columns_of(&view->options, columns);
	json_t *object = json_object();
	bool ok = set(object, "endpoint", json_string(who->name));
	for (size_t i = 0; ok && i < count; i++)
		if (columns[i]->of_endpoint != NULL)
			ok =
			    set(object, columns[i]->name, cell_value(columns[i]->of_endpoint(who)));
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

/* NULL if memory ran out. */
static json_t *endpoint_array(const struct bt_view *view, const struct bt_report_row *row)
{
	json_t *array = json_array();
	for (uint64_t i = 0; array != NULL && i < row->endpoints; i++)
		if (json_array_append_new(array, endpoint_object(view, &row->who[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *row_object(const struct bt_view *view, const struct bt_report_row *row)
{
	const struct bt_column *columns[BT_COLUMNS_MAX];
	size_t count = bt_columns_of(&view->options, columns);
	json_t *object = json_object();
	bool ok = set(object, bt_by_column(view->options.by), bt_json_text(row->name));
	for (size_t i = 0; ok && i < count; i++)
		ok = set(object, columns[i]->name, cell_value(columns[i]->of_row(row)));
	if (ok && view->options.by == BT_BY_INDICATOR)
		ok = set(object, "list", bt_json_text(row->list));
	if (ok && view->endpoints)
		ok = set(object, "endpoints", endpoint_array(view, row));
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

static bool write_rows(FILE *out, const struct bt_view *view)
{
	fputs("{\"rows\":[", out);
	for (size_t i = 0; i < view->count; i++) {
		fputs(i > 0 ? ",\n" : "\n", out);
		if (!bt_json_write(out, row_object(view, &view->rows[i])))
			return false;
	}
	fputs("\n]", out);
	return true;
}

/* `value` is stolen, and NULL if memory ran out. */
static bool write_member(FILE *out, const char *name, json_t *value)
{
	fprintf(out, ",\n\"%s\":", name);
	return bt_json_write(out, value);
}

static json_t *period_object(const struct bt_view *view)
{
	bool any = view->coverage.last != 0;
	return json_pack("{so so so so}", "since",
	    time_value(view->options.since != INT64_MIN, view->options.since), "until",
	    time_value(view->options.until != INT64_MAX, view->options.until), "firstRecord",
	    time_value(any, view->coverage.first), "lastRecord",
	    time_value(any, view->coverage.last));
}

/* An array of all that text(report, 0), text(report, 1), ... name. */
static json_t *text_array(
    const struct bt_report *report, const char *(*text)(const struct bt_report *report, size_t i))
{
	json_t *array = json_array();
	const char *each;
	for (size_t i = 0; array != NULL && (each = text(report, i)) != NULL; i++)
		if (json_array_append_new(array, bt_json_text(each)) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *list_array(const struct bt_report *report)
{
	json_t *array = json_array();
	struct bt_report_list list;
	for (size_t i = 0; array != NULL && (list = bt_report_list(report, i)).name != NULL; i++) {
		json_t *object = json_pack("{so ss so so}", "name", bt_json_text(list.name),
		    "action", list.action, "entries", bt_json_number(list.entries), "modified",
		    time_value(list.modified != 0, list.modified * 1000));
		if (json_array_append_new(array, object) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *endpoint_counts(const struct bt_view *view)
{
	const char *are = view->options.identify != NULL ? "devices"
			  : view->options.fold           ? "networks"
							 : "addresses";
	return json_pack("{ss so so so}", "are", are, "endpoints",
	    bt_json_number(bt_report_endpoints(view->report)), "addresses",
	    bt_json_number(bt_report_addresses(view->report)), "forwarders",
	    bt_json_number(bt_report_forwarders(view->report)));
}

static json_t *decision_array(const struct bt_view *view)
{
	json_t *array = json_array();
	const struct bt_decision *decision;
	unsigned at = 0;
	int set = 0;
	while (array != NULL && (decision = bt_view_decision(view, &set, &at)) != NULL)
		if (json_array_append_new(array, bt_decision_json(decision)) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* Hits without an event. */
static json_t *counted_array(const struct bt_report *report)
{
	json_t *array = json_array();
	struct bt_report_counted list;
	for (size_t i = 0; array != NULL && (list = bt_report_counted(report, i)).list != NULL;
	     i++) {
		json_t *object = json_pack("{so so so}", "list", bt_json_text(list.list), "counted",
		    bt_json_number(list.counted), "lost", bt_json_number(list.lost));
		if (json_array_append_new(array, object) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *coverage_object(const struct bt_view *view)
{
	const struct bt_report_coverage *coverage = &view->coverage;
	return json_pack("{so so so so so so so sb si si sI sI sI}", "events",
	    bt_json_number(coverage->events), "counted", bt_json_number(coverage->counted), "lost",
	    bt_json_number(coverage->lost), "withoutEvent", counted_array(view->report),
	    "duplicates", bt_json_number(coverage->duplicates), "damaged",
	    bt_json_number(coverage->damaged), "misdated", bt_json_number(coverage->misdated),
	    "subnets", (int)coverage->subnets, "segments", (int)coverage->segments, "rollups",
	    (int)coverage->rollups, "notRunningMs", (json_int_t)coverage->down, "unprotectedMs",
	    (json_int_t)coverage->unprotected, "pausedMs", (json_int_t)coverage->paused);
}

/* What was read of other tools' logs. */
static json_t *log_object(const struct bt_report_coverage *coverage)
{
	return json_pack("{si so so}", "files", (int)coverage->logs, "queries",
	    bt_json_number(coverage->queries), "linesNotRead", bt_json_number(coverage->unread));
}

static json_t *metadata_object(const struct bt_policy *policy, uint32_t meta)
{
	json_t *object = json_object();
	unsigned pairs = bt_policy_meta_size(policy, meta);
	for (unsigned i = 0; object != NULL && i < pairs; i++)
		if (!bt_json_add_pair(object, bt_policy_pair(policy, meta, i))) {
			json_decref(object);
			return NULL;
		}
	return object;
}

static json_t *context_array(const struct bt_view *view)
{
	json_t *array = json_array();
	unsigned lists = view->policy != NULL ? bt_policy_lists(view->policy) : 0;
	for (unsigned i = 0; array != NULL && i < lists; i++) {
		struct bt_list_info list = bt_policy_list(view->policy, i);
		if (bt_list_is_idle(&list) || !bt_view_has_list(view, list.name))
			continue;
		json_t *object = json_pack("{so so}", "list", bt_json_text(list.name), "metadata",
		    metadata_object(view->policy, list.meta));
		if (json_array_append_new(array, object) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *ttl_value(const struct bt_policy *policy)
{
	return policy != NULL ? bt_json_number(bt_policy_sinkhole(policy)->ttl) : json_null();
}

bool bt_out_json(FILE *out, const struct bt_view *view)
{
	bool ok = write_rows(out, view) && write_member(out, "period", period_object(view)) &&
		  write_member(out, "resolvers", text_array(view->report, bt_report_resolver)) &&
		  write_member(out, "lists", list_array(view->report)) &&
		  write_member(out, "endpoints", endpoint_counts(view)) &&
		  write_member(out, "decisions", decision_array(view)) &&
		  write_member(out, "coverage", coverage_object(view)) &&
		  (view->coverage.logs == 0 ||
		      write_member(out, "otherLogs", log_object(&view->coverage))) &&
		  write_member(out, "answerTtl", ttl_value(view->policy)) &&
		  write_member(out, "problems", text_array(view->report, bt_report_problem)) &&
		  (!view->context || write_member(out, "context", context_array(view)));
	fputs("\n}\n", out);
	return ok;
}
